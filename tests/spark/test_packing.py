import pyarrow as pa

from riskscreen.spark.packing import _deal, unpack


def test_a_citizen_is_dealt_to_one_part_however_an_identifier_is_written():
    keys = [pa.array([" 42 ", "42"]), pa.array([42.0, 42.0]), pa.array([42, 42])]
    dealt = [
        _deal(pa.table({"person_id": key}), "cases", "person_id", 1000) for key in keys
    ]
    assert len({tuple(of.column("part").to_pylist()) for of in dealt}) == 1
    assert dealt[0].num_rows == 1


def test_what_was_packed_is_unpacked_table_by_table():
    empty = {
        "cases": pa.table({"person_id": pa.array([], pa.string())}),
        "work": pa.table({"case_id": pa.array([], pa.int64())}),
    }
    people = pa.table({"person_id": ["a", "b", "c"]})
    packed = _deal(people, "cases", "person_id", 2)
    found = unpack(empty, packed)
    assert sorted(found["cases"].column("person_id").to_pylist()) == ["a", "b", "c"]
    assert found["work"].equals(empty["work"])
