from __future__ import annotations

import datetime
import decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

TEXT = "Ukrainian troops retook the village."
DAY = datetime.date(2022, 3, 1)
BIG = 2**63 + 5


def parquet(path, **columns):
    pq.write_table(pa.table({**columns, "text": [TEXT] * len(next(iter(columns.values())))}), path)
    return path


@pytest.mark.parametrize(
    "ids",
    [
        pa.array([1, 2]),
        pa.array([3, None], pa.int32()),
        pa.array([BIG, 1], pa.uint64()),
        pa.array(["a", "ї"]),
        pa.array(["a", "b"]).dictionary_encode(),
        pa.array([DAY, DAY]),
        pa.array([decimal.Decimal("1.5"), decimal.Decimal("100.5")]),
        pa.array([1.5, 2.0]),
        pa.array([b"\xff\0", b""]),
        pa.array([True, False]),
        pa.array([1, 2], pa.timestamp("us", "Europe/Kyiv")),
    ],
    ids=lambda ids: str(ids.type),
)
def test_ids_keep_their_values(tmp_path, score_dump, ids):
    outcome = score_dump(parquet(tmp_path / "dump.parquet", id=ids))
    assert outcome.table["id"].to_pylist() == ids.to_pylist()


def test_a_parquet_date_stays_a_date(tmp_path, score_dump):
    table = score_dump(parquet(tmp_path / "dump.parquet", id=[1], date=[DAY])).table
    assert table.schema.field("date").type == pa.date32()
    assert table["date"].to_pylist() == [DAY]


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([DAY], ["2022-03-01"]),
        ([1, None], ["1", None]),
        ([1.5], ["1.5"]),
        ([decimal.Decimal("1.50")], ["1.50"]),
        (["так"], ["так"]),
        ([["a", "ї"]], ['["a", "ї"]']),
    ],
)
def test_as_text_stores_what_a_person_would_write(tmp_path, score_dump, values, texts):
    dump = parquet(tmp_path / "dump.parquet", id=list(range(len(values))), extra=values)
    outcome = score_dump(dump, carry={"extra": "extra"}, as_text=("extra",))
    assert outcome.table["extra"].to_pylist() == texts


def test_ids_that_change_their_type_are_all_kept_as_text(score_dump, small_sample):
    rows = [{"id": 1, "text": TEXT}] * small_sample + [{"id": "late", "text": TEXT}, {"id": 2.5, "text": TEXT}]
    outcome = score_dump(rows, as_text=("id",), cut="none")
    assert outcome.refused == []
    assert outcome.table["id"].to_pylist()[-3:] == ["1", "late", "2.5"]


def test_a_day_and_time_does_not_become_a_day(tmp_path, score_dump, small_sample):
    noon = datetime.datetime(2022, 3, 1, 12)
    days = parquet(tmp_path / "a.parquet", id=["1"] * small_sample, date=[DAY] * small_sample)
    outcome = score_dump(days, parquet(tmp_path / "b.parquet", id=["2"], date=[noon]), cut="none")
    assert [row["id"] for row in outcome.refused] == ["2"]


def test_a_number_does_not_become_a_day(tmp_path, score_dump, write_dump, small_sample):
    days = parquet(tmp_path / "a.parquet", id=["1"] * small_sample, date=[DAY] * small_sample)
    outcome = score_dump(days, write_dump([{"id": "2", "date": 5, "text": TEXT}]), cut="none")
    assert [row["id"] for row in outcome.refused] == ["2"]


@pytest.mark.parametrize("place", ["first", "late"])
def test_a_carried_value_of_broken_unicode_is_refused_by_its_name(score_dump, place, small_sample):
    good = [{"id": "a", "source": "x", "text": TEXT}] * small_sample
    bad = {"id": "b", "source": "\ud800", "text": TEXT}
    outcome = score_dump([bad, *good] if place == "first" else [*good, bad], cut="none")
    (refused,) = outcome.refused
    assert (refused["id"], refused["row"]) == ("b", 1 if place == "first" else small_sample + 1)
    assert "surrogate" in refused["reason"]


def test_nested_values_are_carried_as_json(score_dump):
    outcome = score_dump([{"id": 1, "tags": ["a", {"b": None}], "text": TEXT}], carry={"tags": "tags"})
    assert outcome.table["tags"].to_pylist() == ['["a", {"b": null}]']


def test_an_id_that_one_row_lacks_is_null_there(score_dump):
    outcome = score_dump([{"id": 1, "text": TEXT}, {"text": TEXT}])
    assert outcome.table["id"].to_pylist() == [1, None]


def test_one_column_may_be_carried_under_two_names(score_dump):
    outcome = score_dump([{"id": 1, "s": "x", "text": TEXT}], carry={"outlet": "s", "source": "s"})
    assert outcome.table.column_names[:3] == ["id", "outlet", "source"]
    assert outcome.rows[0]["outlet"] == outcome.rows[0]["source"] == "x"
