"""How the interface describes itself in the OpenAPI document: request, reply, examples."""

from typing import Any, Final

from services.claims.nhsa.envelope import Envelope

_INSTITUTION: Final = "H99010100001"
_MDTRT_ID = "AGPWM2ZQOB3HXCIT6WLKGUV4MY"
_PSN_NO = "NYHRW7TMDRGVHHINGW4LD4GJVI"


def message(infno: str, input_: dict[str, Any], number: int = 1) -> dict[str, Any]:
    """A whole message around an input."""
    return {
        "infno": infno,
        "msgid": f"{_INSTITUTION}20260309080000{number:04d}",
        "mdtrtarea_admvs": "990101",
        "insuplc_admdvs": "990101",
        "recer_sys_code": "KANGFU",
        "dev_no": "",
        "dev_safe_info": "",
        "cainfo": "",
        "signtype": "",
        "infver": "V1.0",
        "opter_type": "1",
        "opter": "0001",
        "opter_name": "收费员",
        "inf_time": "2026-03-09 08:00:00",
        "fixmedins_code": _INSTITUTION,
        "fixmedins_name": "县人民医院",
        "sign_no": "AGPWM2ZQOB3HXCIT6WLKGUV4MY",
        "input": input_,
    }


_EXAMPLES: Final = {
    "9001": ("签到", message("9001", {"signIn": {"opter_no": "0001"}}, 1)),
    "1101": (
        "人员信息",
        message("1101", {"data": {"mdtrt_cert_type": "02", "mdtrt_cert_no": "99010119700517001X"}}, 2),
    ),
    "2304": (
        "住院结算",
        message(
            "2304",
            {
                "data": {
                    "psn_no": _PSN_NO,
                    "mdtrt_cert_type": "02",
                    "mdtrt_cert_no": "99010119700517001X",
                    "medfee_sumamt": 8766,
                    "psn_setlway": "01",
                    "mdtrt_id": _MDTRT_ID,
                    "acct_used_flag": "0",
                    "insutype": "390",
                }
            },
            3,
        ),
    ),
    "2601": (
        "冲正",
        message(
            "2601",
            {"data": {"psn_no": _PSN_NO, "omsgid": f"{_INSTITUTION}202603090800000003", "oinfno": "2304"}},
            4,
        ),
    ),
}


def _schema() -> dict[str, Any]:
    schema = Envelope.model_json_schema()
    schema["additionalProperties"] = True
    return schema


REQUEST_BODY: Final[dict[str, Any]] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": _schema(),
            "examples": {
                infno: {"summary": f"{infno} {title}", "value": value}
                for infno, (title, value) in _EXAMPLES.items()
            },
        }
    },
}
_REPLY: Final = {
    "type": "object",
    "required": ["infcode", "inf_refmsgid", "refmsg_time", "respond_time", "err_msg", "output"],
    "properties": {
        "infcode": {"type": "string", "enum": ["0", "-1"], "description": "0 成功，-1 失败"},
        "inf_refmsgid": {"type": "string", "pattern": "^[0-9A-Za-z]{30}$", "description": "接收方报文编号"},
        "refmsg_time": {"type": "string", "pattern": "^[0-9]{17}$", "description": "收到时间"},
        "respond_time": {"type": "string", "pattern": "^[0-9]{17}$", "description": "响应时间"},
        "err_msg": {"type": "string", "description": "中文原因 [稳定代码] English"},
        "output": {"type": "object", "description": "交易输出；失败时为空对象"},
    },
}
RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "成功，或业务上的拒绝（infcode -1）",
        "content": {"application/json": {"schema": _REPLY}},
    }
}
