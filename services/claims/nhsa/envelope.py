"""The envelope of the interface (DOMAIN 3.6): what surrounds every message and every reply."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from services.claims.nhsa.fields import (
    Maybe10,
    Maybe30,
    Maybe100,
    Maybe1024,
    Maybe2000,
    Moment,
    Part,
    Text3,
    Text5,
    Text6,
    Text10,
    Text12,
    Text30,
    Text50,
    Text200,
    blank,
    marks,
)
from shared.clock import SHANGHAI
from shared.crypto import BlindIndex
from shared.problems import Problem
from shared.strict_json import ExactNumber

OK: Final = "0"
REFUSED: Final = "-1"
_MAX_DETAILS: Final = 5
_MAX_TEXT: Final = 1_000
_WHOLE: Final = {"zh": "整个报文", "en": "the message"}
_MORE: Final = {"zh": "；其余 {count} 处未列出", "en": "; {count} more are not listed"}


Area = Annotated[Text6, marks("[0-9]{6}", "应为六位区划代码", "must be an area code of six digits")]
MaybeArea = Annotated[Area | None, BeforeValidator(blank)]


class Envelope(Part):
    """One message. ``input`` is the transaction's own part."""

    infno: Text5 = Field(description="交易编号，如 2304；门诊的 2203A、2206A、2207A 与不带 A 的相同")
    msgid: Text30 = Field(description="发送方报文编号：机构编码 12 位 + 时间 14 位 + 顺序号 4 位")
    mdtrtarea_admvs: Area = Field(description="就医地医保区划")
    insuplc_admdvs: MaybeArea = Field(None, description="参保地医保区划")
    recer_sys_code: Text10 = Field(description="接收方系统代码")
    dev_no: Maybe100 = None
    dev_safe_info: Maybe2000 = None
    cainfo: Maybe1024 = Field(None, description="数字签名；启用签名时为 HMAC-SM3 的十六进制文本")
    signtype: Maybe10 = Field(None, description="签名类型；启用签名时为 SM3")
    infver: Text6 = Field(description="接口版本号，如 V1.0")
    opter_type: Text3 = Field(description="经办人类别：1 经办人，2 自助终端，3 移动终端")
    opter: Text30 = Field(description="经办人编号")
    opter_name: Text50 = Field(description="经办人姓名")
    inf_time: Moment = Field(description="交易时间")
    fixmedins_code: Text12 = Field(description="定点医药机构编号")
    fixmedins_name: Text200 = Field(description="定点医药机构名称")
    sign_no: Maybe30 = Field(None, description="交易签到流水号，由 9001 取得")
    input: dict[str, Any] = Field(description="交易输入")

    @property
    def transaction(self) -> str:
        """The transaction's number without the letter that outpatient variants carry."""
        return self.infno.removesuffix("A")


@dataclass(frozen=True, slots=True)
class Heard:
    """When a message came and under which number it is answered."""

    refmsgid: str
    at: datetime


def heard(area: str, now: datetime, number: int) -> Heard:
    """Number of a reply: the area (6), the time (14), a running number (10)."""
    at = now.astimezone(SHANGHAI)
    return Heard(f"{area[:6]:0>6}{at:%Y%m%d%H%M%S}{number % 10**10:010d}", at)


def reply(heard: Heard, infcode: str, err_msg: str, output: Mapping[str, Any]) -> bytes:
    """The reply as it is sent and kept. Amounts leave as JSON numbers with their exact digits."""
    body = {
        "infcode": infcode,
        "inf_refmsgid": heard.refmsgid,
        "refmsg_time": f"{heard.at:%Y%m%d%H%M%S%f}"[:17],
        "respond_time": f"{heard.at:%Y%m%d%H%M%S%f}"[:17],
        "err_msg": err_msg,
        "output": output,
    }
    return _dump(body).encode()


def refusal(heard: Heard, problem: Problem) -> bytes:
    """The interface's own error form: infcode -1, the reason in Chinese, our stable code, in English."""
    return reply(heard, REFUSED, said(problem), {})


def said(problem: Problem) -> str:
    """A refusal in one text: 中文（字段：原因）[code] English (field: reason)."""
    spec, params = problem.spec, problem.params
    return f"{spec.zh.format(**params)}{_details(problem, 'zh')} [{spec.code}] {spec.en.format(**params)}" + (
        _details(problem, "en")
    )


def _details(problem: Problem, language: str) -> str:
    colon, between = ("：", "；") if language == "zh" else (": ", "; ")
    parts = []
    for error in problem.errors[:_MAX_DETAILS]:
        path = error.pointer.strip("/").replace("/", ".") or _WHOLE[language]
        what = getattr(error.spec, language).format(**error.params)
        parts.append(f"{path}{colon}{what}" if error.spec is not problem.spec else path)
    if not parts:
        return ""
    left_out = len(problem.errors) - len(parts)
    shown = between.join(parts)[:_MAX_TEXT] + (_MORE[language].format(count=left_out) if left_out else "")
    return f"（{shown}）" if language == "zh" else f" ({shown})"


def digest(envelope: Envelope, index: BlindIndex) -> bytes:
    """Equal for equal content; keyed, so that nobody finds an ID number by trying.

    What a system renews when it sends a message again (time, signature, operator) does not count.
    """
    content = [envelope.transaction, envelope.fixmedins_code, envelope.insuplc_admdvs, envelope.input]
    return index.of(json.dumps(content, sort_keys=True, ensure_ascii=False, default=_exact))


def _exact(value: Any) -> str:
    assert isinstance(value, ExactNumber)
    return value.text


def _dump(value: Any) -> str:
    """JSON in which a ``Decimal`` is a number with the digits that it has."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Mapping):
        pairs = (f"{json.dumps(str(key))}:{_dump(each)}" for key, each in value.items())
        return f"{{{','.join(pairs)}}}"
    if isinstance(value, list | tuple):
        return f"[{','.join(map(_dump, value))}]"
    return json.dumps(value, ensure_ascii=False)
