"""Check-up vouchers: printed, handed down the custody chain, handed out to households, and redeemed."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from rich.console import Console

from deploy.demo import places, voucher_plan
from deploy.demo.api import Answer, Api, DemoError
from deploy.demo.enrolment import YEARS
from deploy.demo.model import COUNTY_CODE, County
from deploy.demo.tables.layout import progress
from deploy.demo.voucher_count import VoucherCount
from deploy.demo.voucher_plan import Guest, Holder, SerialRange

_ROLE = "township"
_PATH = f"/v1/programmes/{voucher_plan.PROGRAMME}"
_LINES = 250

Ranges = dict[int, dict[str, SerialRange]]
"""Year → holder → serials."""
_Item = TypeVar("_Item")


async def run(api: Api, county: County, vouchers: int, out: Console) -> VoucherCount:
    """Two vouchers for each of ``vouchers // 2`` people, handed out and redeemed; what came of it."""
    chosen = voucher_plan.guests(county, vouchers // len(YEARS))
    if len(chosen) < vouchers // len(YEARS):
        raise DemoError(f"全县只有 {len(chosen)} 人连续两年参保且年满 18 岁，不够发放 {vouchers} 张体检券")
    desk = _Desk(api)
    with progress(out) as bars:
        handing = bars.add_task("体检券印制与逐级交接", total=None)
        await _assign_places(api, county)
        ranges = await _hand_down(desk, county, chosen)
        bars.update(handing, total=desk.count.handovers, completed=desk.count.handovers)
        issuing = bars.add_task("发放到户", total=len(YEARS) * len(chosen))
        for year in YEARS:
            for part in _parts(chosen):
                await desk.issue(year, part, ranges)
                bars.advance(issuing, len(part))
        redeeming = bars.add_task("体检并核销", total=len(chosen))
        for part in _parts(chosen):
            await desk.redeem(part, ranges)
            bars.advance(redeeming, len(part))
        await desk.mistakes(chosen, ranges)
    return desk.count


class _Desk:
    """Sends the township's messages and counts the answers."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.count = VoucherCount()

    async def print_run(self, year: int, quantity: int) -> int:
        """Register the year's print run; the first serial."""
        printed_on = voucher_plan.timetable(year).printed_on.isoformat()
        body = {"county_code": COUNTY_CODE, "year": year, "quantity": quantity, "printed_on": printed_on}
        answer = await self._post("/voucher-batches", body)
        self.count.printed[year] = quantity
        return int(answer.body["first_serial"])

    async def hand_over(
        self, giver: str, receiver: Holder, serials: SerialRange, year: int, day: str
    ) -> None:
        """One hand-over with its receipt; nothing to do for a holder without members."""
        if serials.last < serials.first:
            return
        body = {
            "from_holder": giver,
            "to_holder": receiver.code,
            "first_serial": serials.first,
            "last_serial": serials.last,
            "receipt_no": f"JJ{year}-{receiver.code}",
            "signed_by": receiver.signed_by,
            "handed_over_on": day,
        }
        answer = await self._post("/handovers", body)
        self.count.add_handover(replayed=answer.replayed)

    async def issue(self, year: int, guests: Sequence[Guest], ranges: Ranges) -> None:
        """Hand a year's vouchers out; each household signs a receipt."""
        lines = [_issue_line(guest, year, serial_of(guest, year, ranges)) for guest in guests]
        day = voucher_plan.timetable(year).issued_on.isoformat()
        answer = await self._post("/issues", {"issued_on": day, "lines": lines})
        self.count.add_issues(answer.body["results"], replayed=answer.replayed)

    async def redeem(self, guests: Sequence[Guest], ranges: Ranges) -> None:
        """Redeem both vouchers of each for a check-up at the township's hospital."""
        lines = [_redemption(guest, [serial_of(guest, year, ranges) for year in YEARS]) for guest in guests]
        answer = await self._post("/redemptions:batch", {"lines": lines})
        self.count.add_redemptions(answer.body["results"], replayed=answer.replayed)

    async def mistakes(self, guests: Sequence[Guest], ranges: Ranges) -> None:
        """Lines that must be refused, each for its own reason."""
        first, year = guests[0], YEARS[1]
        spare = ranges[year][first.village_code].last
        elsewhere = next(each for code, each in ranges[year].items() if code != first.village_code)
        issues = {
            "同一人同年再领一张": _issue_line(first, year, spare),
            "领用外村的体检券": _issue_line(first, year, elsewhere.last),
            "在校学生领用": _issue_line(first, year, spare) | {"pupil": True},
        }
        day = voucher_plan.timetable(year).issued_on.isoformat()
        answer = await self._post("/issues", {"issued_on": day, "lines": list(issues.values())})
        self.count.add_mistakes(list(issues), answer.body["results"])
        serials = [serial_of(first, each, ranges) for each in YEARS]
        redemptions = {
            "体检券重复核销": _redemption(first, serials),
            "只交一张体检券": _redemption(first, serials[:1]),
        }
        answer = await self._post("/redemptions:batch", {"lines": list(redemptions.values())})
        self.count.add_mistakes(list(redemptions), answer.body["results"])

    async def _post(self, path: str, body: Mapping[str, Any]) -> Answer:
        """The key is made of the content: the same message sent on another day is recognised."""
        text = json.dumps(body, sort_keys=True)
        digest = hashlib.sha256(f"{path}\n{text}".encode()).hexdigest()
        return await self._api.post("screening", _PATH + path, _ROLE, json=body, key=f"demo-{digest[:40]}")


async def _assign_places(api: Api, county: County) -> None:
    """Each township's own hospital; a neighbour's for those without one (DOMAIN S-65)."""
    own = {provider.division_code for provider in county.providers if provider.level == 1}
    for order, township in enumerate(county.townships):
        kind = "own" if township.code in own else "nearby"
        place = {"facility_code": places.township_hospital(order), "kind": kind}
        await api.put("screening", f"{_PATH}/places/{township.code}", _ROLE, {"places": [place]})


async def _hand_down(desk: _Desk, county: County, chosen: Sequence[Guest]) -> Ranges:
    """Office → all townships → the villages of the townships that hand out; the villages' serials."""
    ranges: Ranges = {}
    for year in YEARS:
        days = voucher_plan.timetable(year)
        members = voucher_plan.members_by_village(county, year)
        townships = voucher_plan.township_holders(county, members)
        first = await desk.print_run(year, sum(holder.members for holder in townships))
        parts = voucher_plan.allot(first, townships)
        for holder in townships:
            await desk.hand_over(
                COUNTY_CODE, holder, parts[holder.code], year, days.to_townships_on.isoformat()
            )
        ranges[year] = {}
        for township in voucher_plan.townships_of(county, chosen):
            villages = voucher_plan.village_holders(township, members)
            allotted = voucher_plan.allot(parts[township.code].first, villages)
            for holder in villages:
                day = days.to_villages_on.isoformat()
                await desk.hand_over(township.code, holder, allotted[holder.code], year, day)
            ranges[year].update(allotted)
    return ranges


def serial_of(guest: Guest, year: int, ranges: Ranges) -> int:
    """The serial that somebody gets for a year: the next of his village's."""
    return ranges[year][guest.village_code].first + guest.number_in_village


def _issue_line(guest: Guest, year: int, serial: int) -> dict[str, Any]:
    return {
        "id_number": guest.person.id_number,
        "serial": serial,
        "receipt_no": f"LQ{year}-{guest.household.household_no}",
    }


def _redemption(guest: Guest, serials: Sequence[int]) -> dict[str, Any]:
    return {
        "facility_code": guest.facility_code,
        "examined_on": guest.examined_on.isoformat(),
        "serials": list(serials),
        "id_number": guest.person.id_number,
        "items": list(guest.items),
    }


def _parts(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    for start in range(0, len(items), _LINES):
        yield items[start : start + _LINES]
