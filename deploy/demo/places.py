"""The fictional county's townships, villages and providers (division codes per GB/T 2260 and GB/T 10114)."""

from deploy.demo.model import COUNTY_CODE, Provider, Township, Village

_TOWNS = ("城关镇", "青石镇", "河口镇")
_TOWNSHIPS = (
    "白杨乡", "双河乡", "大坪乡", "红岩乡", "柳林乡", "石板乡", "松坪乡", "龙泉乡", "云峰乡",
    "茶园乡", "桃源乡", "新桥乡", "马家乡", "黄土乡", "沙湾乡", "金山乡", "玉溪乡",
)  # fmt: skip
_VILLAGE_FIRST = (
    "上河", "下河", "东山", "西沟", "南坝", "北岭", "竹林", "核桃", "梨园", "水磨",
    "石桥", "高坪", "长岭", "清泉", "柏树", "凤凰", "罗家", "王家", "杨柳", "土门",
)  # fmt: skip
_VILLAGES_PER_TOWNSHIP = 9
_TOWNSHIPS_WITH_HOSPITAL = 16
"""Four townships have no hospital of their own; their people go to a neighbour's (DOMAIN S-65)."""


def _village(township_code: str, township_order: int, order: int) -> Village:
    name = _VILLAGE_FIRST[(township_order * 7 + order) % len(_VILLAGE_FIRST)]
    return Village(f"{township_code}{200 + order}", f"{name}村", township_code)


def _township(order: int, code: str, name: str) -> Township:
    villages = tuple(_village(code, order, index) for index in range(_VILLAGES_PER_TOWNSHIP))
    return Township(code, name, villages)


def townships() -> tuple[Township, ...]:
    """Three towns (100-102) and seventeen townships (200-216), nine villages each."""
    codes = [100 + index for index in range(len(_TOWNS))]
    codes += [200 + index for index in range(len(_TOWNSHIPS))]
    names = _TOWNS + _TOWNSHIPS
    return tuple(
        _township(order, f"{COUNTY_CODE}{code}", name)
        for order, (code, name) in enumerate(zip(codes, names, strict=True))
    )


COUNTY_HOSPITAL = "H99010100001"
TRADITIONAL_HOSPITAL = "H99010100002"
MATERNITY_HOSPITAL = "H99010100003"
CITY_HOSPITAL = "H99010000001"
PROVINCIAL_HOSPITAL = "H99000000001"


def _hospitals() -> list[Provider]:
    return [
        Provider(COUNTY_HOSPITAL, "县人民医院", 2, COUNTY_CODE),
        Provider(TRADITIONAL_HOSPITAL, "县中医院", 2, COUNTY_CODE),
        Provider(MATERNITY_HOSPITAL, "县妇幼保健院", 2, COUNTY_CODE),
        Provider(CITY_HOSPITAL, "市第一医院", 3, "990100"),
        Provider(PROVINCIAL_HOSPITAL, "省人民医院", 3, "990000"),
    ]


def township_hospital(township_order: int) -> str:
    """Code of the township hospital that serves the township with this position in the list."""
    return f"H99010100{101 + township_order % _TOWNSHIPS_WITH_HOSPITAL}"


def _township_hospitals() -> list[Provider]:
    with_hospital = townships()[:_TOWNSHIPS_WITH_HOSPITAL]
    return [
        Provider(township_hospital(order), f"{place.name}卫生院", 1, place.code)
        for order, place in enumerate(with_hospital)
    ]


def village_clinics() -> tuple[Provider, ...]:
    """Three village clinics, in the first village of the last three townships with a hospital."""
    hosts = [place.villages[0] for place in townships()[13:16]]
    return tuple(
        Provider(f"H99010100{201 + order}", f"{village.name}卫生室", 0, village.code)
        for order, village in enumerate(hosts)
    )


def providers() -> tuple[Provider, ...]:
    """The 24 providers: village clinics (level 0), township (1), county (2), city and province (3)."""
    return (*_hospitals(), *_township_hospitals(), *village_clinics())
