"""A hospital's end of the interface: numbers and signs messages, sends them, loses replies on purpose."""

import asyncio
import itertools
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import httpx
from cryptography.hazmat.primitives import hashes, hmac

CHINA: Final = ZoneInfo("Asia/Shanghai")
_LOST: Final = 0.005


def china_now() -> datetime:
    """The time that a hospital's clock shows."""
    return datetime.now(CHINA)


Message = dict[str, Any]
Reply = dict[str, Any]


class NoReply(Exception):
    """The installation gave nothing that the interface knows as a reply."""


@dataclass
class Link:
    """One institution at one installation; ``secret`` where the installation asks for signatures."""

    http: httpx.AsyncClient
    url: str
    token: str
    facility: str
    area: str
    secret: bytes | None = None
    sign_no: str = ""
    now: Callable[[], datetime] = china_now
    # Two runs within one second must not share numbers, so each begins somewhere else.
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(secrets.randbelow(10_000)))

    def message(self, infno: str, input_: Mapping[str, Any], **changes: Any) -> Message:
        """A new message with a number of its own."""
        now = self.now()
        return {
            "infno": infno,
            "msgid": f"{self.facility}{now:%Y%m%d%H%M%S}{next(self._numbers) % 10_000:04d}",
            "mdtrtarea_admvs": self.area,
            "insuplc_admdvs": self.area,
            "recer_sys_code": "CONFORM",
            "dev_no": "",
            "dev_safe_info": "",
            "cainfo": "",
            "signtype": "SM3" if self.secret else "",
            "infver": "V1.0",
            "opter_type": "1",
            "opter": "conformance",
            "opter_name": "接口验收",
            "inf_time": f"{now:%Y-%m-%d %H:%M:%S}",
            "fixmedins_code": self.facility,
            "fixmedins_name": "接口验收机构",
            "sign_no": self.sign_no,
            "input": input_,
            **changes,
        }

    async def send(self, message: Message) -> Reply:
        """The reply to a message, with amounts as exact texts; ``NoReply`` when there is none to speak of."""
        try:
            answer = await self.http.post(self.url, content=self.written(message), headers=self._headers())
        except httpx.HTTPError as error:
            raise NoReply(f"{type(error).__name__}: {error}") from error
        return read(answer)

    async def lose(self, message: Message) -> None:
        """Send a message and hang up before its reply can arrive; whether it was taken stays unknown."""
        try:
            async with asyncio.timeout(_LOST):
                await self.http.post(self.url, content=self.written(message), headers=self._headers())
        except (TimeoutError, httpx.HTTPError):
            return

    def written(self, message: Message) -> bytes:
        """The bytes of a message; signed by HMAC-SM3 over themselves with an empty ``cainfo``."""
        plain = json.dumps(message, ensure_ascii=False).encode()
        if self.secret is None or message["cainfo"]:
            return plain
        keyed = hmac.HMAC(self.secret, hashes.SM3())
        keyed.update(plain)
        return plain.replace(b'"cainfo": ""', f'"cainfo": "{keyed.finalize().hex()}"'.encode(), 1)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}


def read(answer: httpx.Response) -> Reply:
    """The envelope of a reply."""
    if answer.status_code != httpx.codes.OK:
        raise NoReply(f"HTTP {answer.status_code}：{answer.text[:200]}")
    try:
        found = json.loads(answer.content, parse_float=str, parse_int=str)
    except ValueError as error:
        raise NoReply(f"应答不是 JSON：{answer.text[:200]}") from error
    if not isinstance(found, dict) or "infcode" not in found:
        raise NoReply(f"应答没有 infcode：{answer.text[:200]}")
    return found


def accepted(reply: Reply) -> bool:
    """Whether the installation took the message; infcode may be a text or a number."""
    return str(reply["infcode"]) == "0"
