"""Amounts in formal Chinese numerals (大写), as bills and receipts in China carry them.

By 《支付结算办法》附一《正确填写票据和结算凭证的基本规定》: 整 follows 元 and is left out after 角 and 分;
one 零 stands for any run of zeros inside the number; 零 stands before 分 where there is no 角, and before 角
where the yuan end in zero.
"""

from shared.money import Fen

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_MYRIAD = 10_000
_HUNDRED_MILLION = 10**8
_LARGEST_YUAN = _MYRIAD * _HUNDRED_MILLION * _MYRIAD
_CENTS = 100


def yuan_in_words(fen: Fen) -> str:
    """An amount in words, such as 壹佰贰拾叁元肆角伍分; 零元整 for nothing, 负 before a negative amount."""
    yuan, cents = divmod(abs(fen), _CENTS)
    if yuan >= _LARGEST_YUAN:
        raise ValueError("amounts of 10^16 yuan and more are not written in words")
    tenths, hundredths = divmod(cents, 10)
    words = f"{_integer(yuan)}元" if yuan or not cents else ""
    if not cents:
        words += "整"
    if tenths:
        words += f"{'零' if yuan and not yuan % 10 else ''}{_DIGITS[tenths]}角"
    elif cents and yuan:
        words += "零"
    if hundredths:
        words += f"{_DIGITS[hundredths]}分"
    return f"负{words}" if fen < 0 else words


def _integer(number: int) -> str:
    """A whole number; the parts above and below 亿, then 万, are read as numbers of their own."""
    for unit, name in ((_HUNDRED_MILLION, "亿"), (_MYRIAD, "万")):
        if number >= unit:
            high, low = divmod(number, unit)
            gap = "零" if 0 < low < unit // 10 else ""
            return f"{_integer(high)}{name}{gap}{_integer(low) if low else ''}"
    return _below_myriad(number)


def _below_myriad(number: int) -> str:
    if not number:
        return _DIGITS[0]
    words, gap = "", False
    for place in reversed(range(len(_PLACES))):
        digit = number // 10**place % 10
        if digit:
            words += f"{'零' if gap and words else ''}{_DIGITS[digit]}{_PLACES[place]}"
        gap = not digit
    return words
