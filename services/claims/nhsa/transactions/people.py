"""9001 sign-in, 1101 personal information, 5206 amounts of the year."""

from datetime import date, timedelta
from typing import Any

from services.claims.coverage.insured import RESIDENT, Held, Insured
from services.claims.nhsa import problems, repository
from services.claims.nhsa.codes import Codes
from services.claims.nhsa.fields import written_time, yuan
from services.claims.nhsa.ids import long, short
from services.claims.nhsa.inputs import PersonInput, PersonYearInput, SignInInput
from services.claims.nhsa.setlinfo import age
from services.claims.nhsa.transactions.base import At, Done, identified, known_of
from services.claims.nhsa.vault import Known
from services.claims.nhsa.vouchers import id_number
from shared.clock import business_date
from shared.ids import new_id
from shared.problems import Problem

_DATA = "/input/data"
_COUNT = "_count"


async def sign_in(at: At, asked: SignInInput) -> Done:
    """A sign_no that the institution's messages carry from now on."""
    sign_no = short(new_id())
    until = at.now + timedelta(hours=at.window.settings.sign_in_hours)
    await repository.sign_in(
        at.connection, sign_no, at.facility, at.provider.division_code, asked.signIn.opter_no, (at.now, until)
    )
    return Done({"signinoutb": {"sign_no": sign_no, "sign_time": written_time(at.now)}})


async def person(at: At, asked: PersonInput) -> Done:
    """Who a person is, how insured, and as what, each with its validity."""
    data = asked.data
    found = id_number(data.voucher, at.window.codes.voucher_types, _DATA)
    if found is None:
        raise Problem(problems.CERTIFICATE, pointer=f"{_DATA}/certno")
    insured = await identified(at, found.number, data.psn_name, f"{_DATA}/{found.field}")
    known = await known_of(at, insured.person_id)
    codes = at.window.codes
    today = business_date(at.now)
    return Done(
        {
            "baseinfo": _base(insured, known, codes, today),
            "insuinfo": [_insured(insured, held, codes, today) for held in insured.enrolments],
            "idetinfo": [_identity(held, codes) for held in insured.categories],
        },
        person_id=insured.person_id,
    )


def _base(insured: Insured, known: Known, codes: Codes, today: date) -> dict[str, Any]:
    return {
        "psn_no": short(insured.person_id),
        "psn_cert_type": codes.settlement["psn_cert_type"],
        "certno": known.certno,
        "psn_name": known.name,
        "gend": insured.sex,
        "naty": known.naty or codes.settlement["naty"],
        "brdy": insured.birth_date.isoformat(),
        "age": age(insured.birth_date, today),
    }


def _insured(insured: Insured, held: Held, codes: Codes, today: date) -> dict[str, Any]:
    return {
        "balc": yuan(0),
        "insutype": codes.insutypes.get(held.name, ""),
        "psn_type": codes.settlement["psn_type"],
        "psn_insu_stas": "1" if held.on(today.isoformat()) else "2",
        "psn_insu_date": held.valid_from,
        "paus_insu_date": held.valid_to,
        "cvlserv_flag": codes.settlement["cvlserv_flag"],
        "insuplc_admdvs": insured.county_code,
        "emp_name": "",
    }


def _identity(held: Held, codes: Codes) -> dict[str, Any]:
    code, name = codes.identities.get(held.name, ("", held.name))
    last = date.fromisoformat(held.valid_to) - timedelta(days=1) if held.valid_to else None
    return {
        "psn_idet_type": code,
        "psn_type_lv": "",
        "memo": name,
        "begntime": f"{held.valid_from} 00:00:00",
        "endtime": f"{last} 23:59:59" if last else None,
    }


async def accumulated(at: At, asked: PersonYearInput) -> Done:
    """What a patient of the institution used in a year."""
    data = asked.data
    person_id = long(data.psn_no)
    known = await known_of(at, person_id) if person_id else Known("")
    if person_id is None or not known.certno:
        raise Problem(problems.CERTIFICATE, pointer="/input/data/psn_no")
    year = _year(data.cum_ym, at)
    codes = at.window.codes
    used = await repository.used(at.connection, person_id, year)
    return Done(
        {
            "cuminfo": [
                {
                    "insutype": codes.insutypes[RESIDENT],
                    "year": str(year),
                    "cum_ym": str(year),
                    "cum_type_code": codes.accumulators.get(kind, kind),
                    "cum": amount if kind.endswith(_COUNT) else yuan(amount),
                }
                for kind, amount in used
            ]
        },
        person_id=person_id,
    )


def _year(cum_ym: str | None, at: At) -> int:
    if cum_ym is None:
        return business_date(at.now).year
    if len(cum_ym) not in (4, 6) or not (cum_ym.isascii() and cum_ym.isdigit()):
        raise Problem(problems.BAD_YEAR, pointer="/input/data/cum_ym")
    return int(cum_ym[:4])
