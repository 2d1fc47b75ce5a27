"""What brings people to a hospital: diagnosis code (医保版 ICD-10), and what its bill tends to hold."""

from typing import NamedTuple

from deploy.demo import catalogue as item
from deploy.demo.catalogue import Item


class Disease(NamedTuple):
    """``typical`` items are always billed; ``others`` by chance; ``costly`` ones in the big hospitals."""

    code: str
    name: str
    weight: int
    from_age: int
    days: tuple[int, int]
    typical: tuple[Item, ...]
    others: tuple[Item, ...]
    costly: tuple[Item, ...]


INPATIENT = (
    Disease(
        "I63.900",
        "脑梗死",
        16,
        50,
        (7, 14),
        (item.CITICOLINE, item.CT, item.COAGULATION),
        (item.ATORVASTATIN, item.XUESHUANTONG, item.REHABILITATION),
        (item.MRI,),
    ),
    Disease(
        "J44.000",
        "慢阻肺伴急性下呼吸道感染",
        18,
        50,
        (6, 12),
        (item.PIPERACILLIN, item.BUDESONIDE),
        (item.OXYGEN, item.NEBULISER, item.XRAY),
        (),
    ),
    Disease(
        "J18.900",
        "肺炎",
        20,
        0,
        (5, 10),
        (item.CEFTRIAXONE, item.XRAY),
        (item.BUDESONIDE, item.NEBULISER, item.LIANHUA),
        (item.CT,),
    ),
    Disease(
        "I25.103",
        "冠状动脉粥样硬化性心脏病",
        11,
        45,
        (5, 11),
        (item.ASPIRIN, item.ECG),
        (item.DANSHEN, item.ATORVASTATIN),
        (item.STENTING, item.STENT),
    ),
    Disease(
        "E11.900",
        "2型糖尿病",
        9,
        35,
        (6, 10),
        (item.INSULIN, item.HBA1C),
        (item.METFORMIN, item.BLOOD_GLUCOSE),
        (item.ULTRASOUND,),
    ),
    Disease(
        "K80.100",
        "胆囊结石伴慢性胆囊炎",
        7,
        30,
        (5, 8),
        (item.GALLBLADDER_OPERATION, item.ULTRASOUND),
        (item.PIPERACILLIN,),
        (item.STAPLER,),
    ),
    Disease(
        "S72.000",
        "股骨颈骨折",
        6,
        15,
        (10, 18),
        (item.FRACTURE_OPERATION, item.XRAY),
        (item.IBUPROFEN, item.REHABILITATION),
        (item.BONE_PLATE,),
    ),
    Disease(
        "M51.202",
        "腰椎间盘突出",
        8,
        30,
        (6, 10),
        (item.ACUPUNCTURE, item.REHABILITATION),
        (item.IBUPROFEN, item.CT),
        (item.MRI,),
    ),
    Disease(
        "C34.900",
        "支气管或肺恶性肿瘤",
        4,
        45,
        (6, 15),
        (item.CT, item.LIVER_KIDNEY),
        (item.SALINE,),
        item.ONCOLOGY,
    ),
    Disease(
        "I61.900",
        "脑出血",
        3,
        45,
        (12, 24),
        (item.CT, item.HAEMATOMA_OPERATION),
        (item.CITICOLINE, item.OXYGEN),
        (item.MRI,),
    ),
    Disease(
        "H25.900",
        "老年性白内障",
        4,
        60,
        (2, 4),
        (item.CATARACT_OPERATION, item.BLOOD_COUNT),
        (),
        (item.PREMIUM_LENS,),
    ),
)
OUTPATIENT = (
    Disease(
        "J06.900", "急性上呼吸道感染", 40, 0, (0, 0), (item.IBUPROFEN,), (item.LIANHUA, item.BLOOD_COUNT), ()
    ),
    Disease("K29.500", "慢性胃炎", 18, 18, (0, 0), (), (item.BLOOD_COUNT, item.ULTRASOUND), ()),
    Disease("M54.500", "腰痛", 16, 25, (0, 0), (item.ACUPUNCTURE,), (item.IBUPROFEN,), ()),
    Disease("N39.000", "尿路感染", 10, 15, (0, 0), (item.URINE_TEST,), (item.CEFTRIAXONE,), ()),
    Disease("L30.900", "皮炎", 10, 0, (0, 0), (), (item.BLOOD_COUNT,), ()),
)
BIRTH = Disease(
    "O80.900",
    "单胎顺产",
    64,
    20,
    (3, 5),
    (item.NORMAL_BIRTH, item.FETAL_MONITORING, item.NEWBORN_CARE),
    (item.PAIN_RELIEF,),
    (),
)
CAESAREAN = Disease(
    "O82.900",
    "剖宫产分娩",
    36,
    20,
    (5, 7),
    (item.CAESAREAN_SECTION, item.FETAL_MONITORING, item.NEWBORN_CARE),
    (item.INDWELLING_NEEDLE, item.CEFTRIAXONE),
    (),
)


class ChronicDisease(NamedTuple):
    """A recognised chronic or special disease of outpatient care (慢特病, DOMAIN 3.2)."""

    chronic_code: str
    diagnosis: str
    weight: int
    typical: tuple[Item, ...]
    others: tuple[Item, ...]


CHRONIC = (
    ChronicDisease(
        "M03900", "I11.900", 42, (item.VALSARTAN,), (item.AMLODIPINE, item.BLOOD_LIPIDS, item.ECG)
    ),
    ChronicDisease(
        "M01600", "E11.900", 24, (item.METFORMIN,), (item.INSULIN, item.HBA1C, item.BLOOD_GLUCOSE)
    ),
    ChronicDisease("M04600", "I25.103", 12, (item.ASPIRIN, item.DANSHEN), (item.ATORVASTATIN, item.ECG)),
    ChronicDisease("M05300", "J44.900", 10, (item.BUDESONIDE,), (item.NEBULISER,)),
    ChronicDisease("M04803", "I69.300", 8, (item.ASPIRIN,), (item.ATORVASTATIN, item.REHABILITATION)),
    ChronicDisease("M06900", "M06.900", 4, (item.IBUPROFEN,), (item.BLOOD_COUNT, item.LIVER_KIDNEY)),
)
