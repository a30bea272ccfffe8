"""Twelve made-up cases and their spells, as a Danish case system writes them."""

import csv
import io

CASES = """\
case_id;person_id;start_date;decision_date;municipality;team;age_at_intake;\
employed_at_intake;days_until_received;standby_case;education_level;main_cause;\
problem_domains;seniority_years;manual_work;travel_km;workplace_is_the_cause;\
return_agreed_soon;visitation_category
S0000101;PA;07-12-2024;16-12-2024;Nord;N1;45;ja;0;nej;basic;musculoskeletal;1;1,0;nej;\
15;nej;nej;2
S0000102;PB;07-12-2024;24-12-2024;Nord;N1;39;nej;16;nej;short_higher;mental;1;;;;nej;\
nej;1
S0000103;PC;13-11-2024;21-12-2024;Nord;N1;41;ja;35;nej;secondary;injury;2;6,9;nej;7;\
nej;nej;1
S0000104;PD;05-12-2024;30-12-2024;Nord;N2;50;ja;24;nej;vocational;musculoskeletal;;\
1,8;nej;7,5;nej;nej;3
S0000105;PE;11-12-2024;24-12-2024;Nord;N2;33;ja;6;nej;secondary;mental;1;0,2;nej;65;;\
nej;1
S0000106;PF;26-11-2024;19-12-2024;Nord;N2;31;ja;17;nej;basic;mental;2;0,2;ja;;nej;nej;\
1
S0000107;PG;12-11-2024;13-12-2024;Syd;S1;34;ja;27;nej;vocational;musculoskeletal;3;;\
ja;15;nej;nej;3
S0000108;PH;01-12-2024;23-12-2024;Syd;S1;55;ja;12;nej;vocational;injury;3;4,6;nej;3;\
nej;nej;2
S0000109;PI;12-11-2024;20-12-2024;Syd;S1;45;nej;37;nej;basic;musculoskeletal;3;;;;nej;\
nej;3
S0000110;PJ;29-11-2024;13-12-2024;Syd;S2;51;ja;14;nej;vocational;other_serious;2;7,7;\
ja;53;;nej;1
S0000111;PK;23-11-2024;09-12-2024;Syd;S2;54;ja;13;nej;;musculoskeletal;3;1,0;nej;9;\
nej;nej;2
S0000112;PL;04-12-2024;30-12-2024;Syd;S2;29;ja;20;nej;short_higher;other_serious;2;\
7,0;ja;13;nej;nej;2
"""

HISTORY = """\
person_id;code;start_date;end_date;registered_on
PA;881;2018-03-12;2018-06-18;2018-03-13
PA;890;2024-12-02;;2024-12-08
PB;111;2015-06-22;2015-10-05;2015-07-02
PB;890;2021-01-11;2021-04-19;2021-01-16
PB;890;2024-12-02;;2024-12-09
PC;870;2015-06-29;2015-09-28;2015-07-02
PC;890;2024-11-11;;2024-11-19
PD;890;2020-05-04;2021-01-04;2020-05-09
PD;890;2024-12-02;;2024-12-07
PE;140;2019-07-29;2019-09-09;2019-08-01
PE;881;2023-06-26;2024-03-11;2023-07-01
PE;890;2024-12-09;;2024-12-17
PF;140;2019-12-02;2020-10-19;2019-12-10
PF;890;2024-11-25;;2024-11-30
PG;131;2022-07-25;2022-10-17;2022-07-31
PG;890;2024-11-11;;2024-11-14
PH;890;2023-05-22;2023-07-31;2023-05-28
PH;890;2024-11-25;;2024-12-02
PI;750;2016-08-08;2022-04-11;2016-08-18
PI;130;2023-02-27;2023-07-31;2023-03-09
PI;890;2024-11-11;;2024-11-13
PJ;893;2017-10-30;2018-06-18;2017-11-02
PJ;890;2024-11-25;;2024-11-30
PK;890;2024-03-11;2024-04-15;2024-03-17
PK;890;2024-11-18;;2024-11-23
PL;112;2023-01-16;2023-06-19;2023-01-24
PL;890;2024-12-02;;2024-12-07
"""


def cases():
    """The cases, one dictionary of texts each."""
    return _rows(CASES)


def history():
    """Their spells, likewise."""
    return _rows(HISTORY)


def copies(of, times):
    """*of* as often under new case numbers and persons: a delivery of some size."""
    return [
        {
            name: f"{value}x{i}" if i and name in ("case_id", "person_id") else value
            for name, value in row.items()
        }
        for i in range(times)
        for row in of
    ]


def changed(rows, column, value):
    """*rows* with *column* as *value* says: one value, or a function of the old one."""
    of = value if callable(value) else lambda _: value
    return [row | {column: of(row[column])} for row in rows]


def as_csv(rows, *, delimiter=";"):
    """*rows* as CSV text under the names of the first one."""
    stream = io.StringIO()
    writer = csv.DictWriter(
        stream, list(rows[0]), delimiter=delimiter, lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def _rows(text):
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))
