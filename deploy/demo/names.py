"""Names from common syllables; they belong to nobody in particular."""

from random import Random

from deploy.demo.model import FEMALE

_SURNAMES = tuple("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕")
_SURNAME_WEIGHTS = tuple(range(len(_SURNAMES) + 12, 12, -1))
_GIVEN_MALE = tuple("伟强军平建国明华志勇杰涛斌波辉刚健俊峰海江林文武德贵福顺成龙宇浩然泽子轩")
_GIVEN_FEMALE = tuple("芳秀英娜敏静丽艳玲梅兰凤琴云莲桂香珍霞燕红玉洁婷雪慧佳怡欣雨诗涵梓")
_TWO_SYLLABLES_OUT_OF_TEN = 8


def surname(rng: Random) -> str:
    """A common surname, the commoner ones more often."""
    return rng.choices(_SURNAMES, _SURNAME_WEIGHTS)[0]


def full_name(rng: Random, family: str, sex: str) -> str:
    """A surname and one or two given syllables."""
    syllables = _GIVEN_FEMALE if sex == FEMALE else _GIVEN_MALE
    given = rng.choice(syllables)
    if rng.randrange(10) < _TWO_SYLLABLES_OUT_OF_TEN:
        given += rng.choice(syllables)
    return family + given
