"""Households, people, their spells, imports and financing plans.

Revision ID: 0002
"""

from alembic import op

from shared.migrations import grant, protect

revision = "0002"
down_revision = "0001"

_SPELL = """
CREATE TABLE {table} (
  id uuid CONSTRAINT pk_{table} PRIMARY KEY,
  person_id uuid NOT NULL CONSTRAINT fk_{table}_person_id REFERENCES people (id),
  division_code text NOT NULL,
  {columns},
  valid_from date NOT NULL,
  valid_to date {nullable},
  recorded_at timestamptz NOT NULL,
  superseded_at timestamptz,
  CONSTRAINT ck_{table}_not_empty CHECK (valid_to > valid_from)
);

CREATE UNIQUE INDEX uq_{table}_believed ON {table} (person_id, {key}valid_from, superseded_at)
  NULLS NOT DISTINCT
"""

_TABLES = """
CREATE TABLE households (
  id uuid CONSTRAINT pk_households PRIMARY KEY,
  county_code text GENERATED ALWAYS AS (left(division_code, 6)) STORED,
  household_no text NOT NULL,
  division_code text NOT NULL,
  household_class text NOT NULL,
  version integer NOT NULL,
  recorded_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT uq_households_county_code_household_no UNIQUE (county_code, household_no)
);

CREATE TABLE people (
  id uuid CONSTRAINT pk_people PRIMARY KEY,
  household_id uuid NOT NULL CONSTRAINT fk_people_household_id REFERENCES households (id),
  county_code text GENERATED ALWAYS AS (left(division_code, 6)) STORED,
  division_code text NOT NULL,
  person_no text NOT NULL,
  id_index bytea NOT NULL,
  id_sealed bytea NOT NULL,
  name_sealed bytea NOT NULL,
  phone_sealed bytea,
  disability_kind text,
  disability_grade text,
  sex text NOT NULL,
  birth_date date NOT NULL,
  relation text NOT NULL,
  relation_source text NOT NULL,
  ethnicity text,
  ethnicity_source text,
  ethnicity_system text,
  health text,
  status text NOT NULL,
  stated_year smallint NOT NULL,
  stated_on date NOT NULL,
  content_hash bytea NOT NULL,
  version integer NOT NULL,
  recorded_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT uq_people_county_code_person_no UNIQUE (county_code, person_no),
  CONSTRAINT uq_people_id_index_county_code UNIQUE (id_index, county_code) DEFERRABLE INITIALLY IMMEDIATE
);

CREATE INDEX ix_people_household_id ON people (household_id);

{memberships};

CREATE INDEX ix_memberships_household_id ON memberships (household_id);

{category_spells};

{enrolments};

CREATE TABLE imports (
  id uuid CONSTRAINT pk_imports PRIMARY KEY,
  division_code text NOT NULL,
  kind text NOT NULL,
  format text NOT NULL,
  year smallint NOT NULL,
  as_of date NOT NULL,
  file_sha256 bytea NOT NULL,
  file_bytes bigint NOT NULL,
  rows integer NOT NULL,
  accepted integer NOT NULL,
  rejected integer NOT NULL,
  warnings integer NOT NULL,
  created integer NOT NULL,
  changed integer NOT NULL,
  unchanged integer NOT NULL,
  households_created integer NOT NULL,
  households_changed integer NOT NULL,
  ignored_columns text[] NOT NULL,
  imported_by text NOT NULL,
  imported_at timestamptz NOT NULL
);

CREATE TABLE import_errors (
  import_id uuid NOT NULL CONSTRAINT fk_import_errors_import_id REFERENCES imports (id),
  no integer NOT NULL,
  division_code text NOT NULL,
  row integer NOT NULL,
  column_name text NOT NULL,
  code text NOT NULL,
  severity text NOT NULL,
  params jsonb NOT NULL,
  CONSTRAINT pk_import_errors PRIMARY KEY (import_id, no)
);

CREATE TABLE financing_plans (
  plan_id uuid NOT NULL,
  version integer NOT NULL,
  county_code text NOT NULL,
  year smallint NOT NULL,
  terms jsonb NOT NULL,
  enrolled integer NOT NULL,
  due jsonb NOT NULL,
  total_fen bigint NOT NULL,
  reserve_fen bigint NOT NULL,
  outpatient_account_fen bigint NOT NULL,
  pooled_fen bigint NOT NULL,
  recorded_by text NOT NULL,
  recorded_at timestamptz NOT NULL,
  superseded_at timestamptz,
  CONSTRAINT pk_financing_plans PRIMARY KEY (plan_id, version)
);

CREATE UNIQUE INDEX uq_financing_plans_current ON financing_plans (county_code, year)
  WHERE superseded_at IS NULL
"""

_SPELLS = {
    "memberships": {
        "key": "",
        "nullable": "",
        "columns": "household_id uuid NOT NULL"
        " CONSTRAINT fk_memberships_household_id REFERENCES households (id)",
    },
    "category_spells": {"key": "category, ", "nullable": "", "columns": "category text NOT NULL"},
    "enrolments": {
        "key": "scheme, year, ",
        "nullable": "NOT NULL",
        "columns": "scheme text NOT NULL, year smallint NOT NULL, joined_on date",
    },
}
# What is written stays written: a spell may only be superseded, or follow its person to another village.
_SUPERSEDE = "SELECT, INSERT, UPDATE (superseded_at, division_code)"
_RIGHTS = {
    "households": "SELECT, INSERT, UPDATE",
    "people": "SELECT, INSERT, UPDATE",
    "memberships": _SUPERSEDE,
    "category_spells": _SUPERSEDE,
    "enrolments": _SUPERSEDE,
    "imports": "SELECT, INSERT",
    "import_errors": "SELECT, INSERT",
    "financing_plans": "SELECT, INSERT, UPDATE (superseded_at)",
}


def upgrade() -> None:
    """Create the registry's tables, closed to everybody but the API inside its jurisdiction."""
    spells = {table: _SPELL.format(table=table, **parts) for table, parts in _SPELLS.items()}
    for statement in _TABLES.format(**spells).split(";\n"):
        op.execute(statement)
    for table, rights in _RIGHTS.items():
        protect(table, "registry", "county_code" if table == "financing_plans" else "division_code")
        grant(table, "registry", api=rights, worker="SELECT")
    # Imports are copied into temporary tables first: COPY cannot write to a table under row-level security.
    op.execute(
        "DO $$ BEGIN EXECUTE format("
        "'GRANT TEMPORARY ON DATABASE %I TO registry_api', current_database()); END $$"
    )
