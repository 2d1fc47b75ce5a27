"""Charge items of the fictional hospitals: national code shapes (DOMAIN 3.6), classes, plausible prices."""

from typing import NamedTuple

from shared.money import BasisPoints, Fen


class Item(NamedTuple):
    """Prices are those of a county hospital; the level factor of the visit changes them."""

    code: str
    name: str
    category: str
    item_class: str
    self_pay_bp: BasisPoints
    price_fen: Fen


def _item(code: str, name: str, category: str, item_class: str, self_pay_bp: int, price_fen: int) -> Item:
    return Item(code, name, category, item_class, self_pay_bp, price_fen)


VALSARTAN = _item("XC09CAS065A001010101001", "缬沙坦胶囊 80mg", "western_medicine", "A", 0, 1860)
AMLODIPINE = _item("XC08CAA125A001010101002", "苯磺酸氨氯地平片 5mg", "western_medicine", "A", 0, 690)
METFORMIN = _item("XA10BAE007A001010101003", "盐酸二甲双胍片 0.5g", "western_medicine", "A", 0, 1230)
INSULIN = _item("XA10AEG045B002010101004", "甘精胰岛素注射液 3ml", "western_medicine", "B", 1000, 6980)
PIPERACILLIN = _item(
    "XJ01CAA040B001010101005", "注射用哌拉西林钠他唑巴坦钠 4.5g", "western_medicine", "B", 1000, 2835
)
CEFTRIAXONE = _item("XJ01DDT071B001010101006", "注射用头孢曲松钠 1.0g", "western_medicine", "A", 0, 412)
SALINE = _item("XB05BAW013B002010101007", "0.9%氯化钠注射液 250ml", "western_medicine", "A", 0, 215)
GLUCOSE = _item("XB05BAP058B002010101008", "5%葡萄糖注射液 250ml", "western_medicine", "A", 0, 228)
BUDESONIDE = _item("XR03BAB151L020010101009", "吸入用布地奈德混悬液 1mg", "western_medicine", "B", 500, 1345)
CITICOLINE = _item("XN06BXC090B002010101010", "胞磷胆碱钠注射液 0.25g", "western_medicine", "B", 1000, 855)
ASPIRIN = _item("XB01ACA013A001010101011", "阿司匹林肠溶片 100mg", "western_medicine", "A", 0, 1325)
ATORVASTATIN = _item("XC10AAA105A001010101012", "阿托伐他汀钙片 20mg", "western_medicine", "A", 0, 745)
IBUPROFEN = _item("XM01AEB144E001010101013", "布洛芬缓释胶囊 0.3g", "western_medicine", "A", 0, 1580)
OXYTOCIN = _item("XH01BBS065B002010101014", "缩宫素注射液 10u", "western_medicine", "A", 0, 326)
ASTRAGALUS = _item("T000100123", "黄芪饮片", "herbal", "A", 0, 18)
ANGELICA = _item("T000100217", "当归饮片", "herbal", "A", 0, 27)
CHUANXIONG = _item("T000100305", "川芎饮片", "herbal", "A", 0, 13)
LIQUORICE = _item("T000100418", "甘草饮片", "herbal", "A", 0, 9)
CODONOPSIS = _item("T000100522", "党参饮片", "herbal", "A", 0, 33)
HERBAL = (ASTRAGALUS, ANGELICA, CHUANXIONG, LIQUORICE, CODONOPSIS)
DANSHEN = _item("ZA12HAD0233010101015000", "丹参滴丸 27mg×180", "chinese_patent_medicine", "B", 500, 2645)
LIANHUA = _item("ZA04CAL0126010101016000", "连花清瘟胶囊", "chinese_patent_medicine", "B", 500, 1418)
XUESHUANTONG = _item("ZA12GXN0561010101017000", "血栓通注射液", "chinese_patent_medicine", "B", 1500, 3160)
PATENT = (DANSHEN, LIANHUA, XUESHUANTONG)
BLOOD_COUNT = _item("250101015001000", "血常规", "laboratory", "A", 0, 1800)
URINE_TEST = _item("250102035001000", "尿液分析", "laboratory", "A", 0, 1000)
LIVER_KIDNEY = _item("250301001001000", "肝肾功能全套", "laboratory", "A", 0, 9600)
BLOOD_GLUCOSE = _item("250302001001000", "葡萄糖测定", "laboratory", "A", 0, 500)
HBA1C = _item("250302003001000", "糖化血红蛋白测定", "laboratory", "B", 500, 5800)
BLOOD_LIPIDS = _item("250303001001000", "血脂四项", "laboratory", "A", 0, 3200)
COAGULATION = _item("250203020001000", "凝血四项", "laboratory", "A", 0, 6000)
LABORATORY = (BLOOD_COUNT, URINE_TEST, LIVER_KIDNEY, BLOOD_GLUCOSE, HBA1C, BLOOD_LIPIDS, COAGULATION)
XRAY = _item("210102015001000", "数字化摄影(DR)", "examination", "A", 0, 6500)
CT = _item("210300001001000", "CT平扫", "examination", "B", 1000, 22000)
MRI = _item("210200001001000", "磁共振平扫", "examination", "B", 1500, 45000)
ULTRASOUND = _item("220301001001000", "彩色多普勒超声", "examination", "B", 500, 12000)
ECG = _item("310701001001000", "常规心电图", "examination", "A", 0, 2000)
INFUSION = _item("120400006001000", "静脉输液", "treatment", "A", 0, 900)
OXYGEN = _item("120300001001000", "吸氧", "treatment", "A", 0, 350)
NEBULISER = _item("310605002001000", "雾化吸入", "treatment", "A", 0, 700)
REHABILITATION = _item("340100001001000", "康复综合训练", "treatment", "B", 1000, 5500)
ACUPUNCTURE = _item("430000001001000", "普通针刺", "treatment", "A", 0, 2600)
GALLBLADDER_OPERATION = _item("331003022001000", "腹腔镜胆囊切除术", "surgery", "B", 500, 198000)
FRACTURE_OPERATION = _item("331501001001000", "骨折切开复位内固定术", "surgery", "B", 500, 226000)
STENTING = _item("320500001001000", "冠状动脉支架置入术", "surgery", "B", 1000, 385000)
HAEMATOMA_OPERATION = _item("330203001001000", "颅内血肿清除术", "surgery", "B", 1000, 420000)
CATARACT_OPERATION = _item("330604001001000", "白内障超声乳化摘除术", "surgery", "B", 500, 175000)
INDWELLING_NEEDLE = _item("C1402010620000100001", "一次性使用静脉留置针", "material", "A", 0, 1260)
STENT = _item("C0203010040000100002", "冠状动脉药物洗脱支架", "material", "B", 2000, 84800)
BONE_PLATE = _item("C0101010070000100003", "金属锁定接骨板系统", "material", "B", 2000, 326000)
STAPLER = _item("C0501010010000100004", "一次性使用吻合器", "material", "B", 2000, 158000)
PREMIUM_LENS = _item("C0602030020000100005", "进口人工晶状体(升级款)", "material", "C", 10000, 298000)
PEMETREXED = _item("XL01BAP046B001010101018", "注射用培美曲塞二钠 0.2g", "western_medicine", "B", 1000, 38600)
SINTILIMAB = _item("XL01FFX011B002010101019", "信迪利单抗注射液 100mg", "western_medicine", "B", 2000, 108000)
BEVACIZUMAB = _item(
    "XL01XCB141B002010101020", "贝伐珠单抗注射液 100mg", "western_medicine", "B", 2000, 119800
)
ONCOLOGY = (PEMETREXED, SINTILIMAB, BEVACIZUMAB)
ALBUMIN = _item("XB05AAR046B002010101021", "人血白蛋白 10g", "western_medicine", "B", 2000, 37800)
MEROPENEM = _item("XJ01DHM080B001010101022", "注射用美罗培南 0.5g", "western_medicine", "B", 1000, 5460)
ESOMEPRAZOLE = _item(
    "XA02BCA175B001010101023", "注射用艾司奥美拉唑钠 40mg", "western_medicine", "B", 1000, 3120
)
COSTLY_SUPPORT = (ALBUMIN, MEROPENEM, ESOMEPRAZOLE)
NORMAL_BIRTH = _item("311400014001000", "顺产接生", "treatment", "A", 0, 62000)
CAESAREAN_SECTION = _item("331400001001000", "剖宫产术", "surgery", "A", 0, 138000)
FETAL_MONITORING = _item("311400010001000", "胎心监测", "examination", "A", 0, 2500)
NEWBORN_CARE = _item("311202001001000", "新生儿护理", "nursing", "A", 0, 3600)
PAIN_RELIEF = _item("311400052001000", "分娩镇痛", "treatment", "C", 10000, 98000)
INTENSIVE_CARE = _item("120100001001000", "重症监护", "nursing", "B", 1000, 168000)
VENTILATOR = _item("310603001001000", "呼吸机辅助呼吸", "treatment", "B", 1000, 36000)
CARRIERS = (SALINE, GLUCOSE)
BED = _item("110900001001000", "普通病房床位费", "bed", "A", 0, 3500)
BED_SINGLE = _item("110900001002000", "单人间床位费加收", "bed", "C", 10000, 12000)
NURSING = _item("120100004001000", "二级护理", "nursing", "A", 0, 1400)
CONSULTATION = _item("110200001001000", "一般诊疗费", "other", "A", 0, 1000)
