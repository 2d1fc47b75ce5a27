"""Endpoints on people."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from services.registry.people import service
from services.registry.people.schemas import LookUp, PersonReply, person_reply
from services.registry.people.service import Reader
from shared.http import CallerDep, SessionDep, new_router, note

router = new_router("/v1", "人员", "registry:read")


async def _reader(request: Request, caller: CallerDep) -> Reader:
    return Reader(caller, request.app.state.cipher)


ReaderDep = Annotated[Reader, Depends(_reader)]


@router.post("/persons:lookup")
async def look_up_person(
    body: LookUp, request: Request, session: SessionDep, reader: ReaderDep
) -> PersonReply:
    """按证件号码查找一人。证件号码只放在正文中，不进入地址与日志。

    没有权限范围 `registry:pii` 时，证件号码、姓名、电话以掩码显示；有此权限时完整显示并记入审计。
    """
    found = await service.look_up(session, body.id_number, request.app.state.blind_index, reader)
    note(request, person_id=str(found.row.id))
    return person_reply(found)


@router.get("/persons/{person_id}")
async def get_person(person_id: UUID, session: SessionDep, reader: ReaderDep) -> PersonReply:
    """一人的登记信息；个人信息的显示同查找。"""
    return person_reply(await service.person(session, person_id, reader))
