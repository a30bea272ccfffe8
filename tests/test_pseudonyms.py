import re
import stat

import pytest

from riskscreen.errors import FileError
from riskscreen.person_numbers import normalise_person_number
from riskscreen.pseudonyms import PATTERN, Key, make_key, read_key
from riskscreen.secret_files import open_secret

KEY = Key(b"k" * 32)
WAYS = (
    "070761-4285",
    "0707614285",
    " 70761 4285 ",
    "707614285.0",
    "19610707-4285",
    "07071961-4285",
    "07 07 61 42 85",
    "\uff10\uff17\uff10\uff17\uff16\uff11\uff0d\uff14\uff12\uff18\uff15",
)


def test_one_person_has_one_pseudonym_however_the_number_is_written():
    made = {KEY.encode_person(text) for text in WAYS}
    assert len(made) == 1
    assert re.fullmatch(PATTERN, made.pop())


def test_the_pseudonym_is_that_of_hmac_sha_256():
    # python -c "import hmac, base64; print(base64.b32encode(hmac.digest(b'k'*32,
    # b'person\\0' b'0707614285', 'sha256'))[:26])"
    assert KEY.encode_person("0707614285") == "P2IHSSA6CLCD4K4PBFEHPB5CBVE"
    assert KEY.encode_person("0707614285") != Key(b"l" * 32).encode_person("0707614285")
    assert KEY.encode_person("0707614AB5") == KEY.encode_person("070761-4ab5")


@pytest.mark.parametrize(
    "text", ["", "310461-4285", "ring 0707614285", "7.07614285E+08", "p0001", "070761"]
)
def test_what_is_no_person_number_as_a_whole_has_none(text):
    assert normalise_person_number(text) is None
    assert KEY.encode_person(text) is None


def test_a_case_number_stays_unless_it_holds_a_person_number():
    assert KEY.encode_case("S-12") == "S-12"
    renamed = KEY.encode_case("S-070761-4285-2")
    assert re.fullmatch(PATTERN, renamed)
    assert renamed != KEY.encode_case("S-070761-4285-3")
    assert KEY.encode_case("0707614285") != KEY.encode_person("0707614285")


def test_a_key_is_made_once_for_its_owner_alone_and_read_again(tmp_path):
    path = tmp_path / "key"
    made = make_key(path, apart_from=(tmp_path / "site",))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_key(path, apart_from=()) == made
    assert made.secret.hex() not in repr(made)
    with pytest.raises(FileError, match="stands there"):
        make_key(path, apart_from=())
    path.chmod(0o640)
    with pytest.raises(FileError, match="others may read"):
        read_key(path, apart_from=())


def test_a_key_lies_neither_in_the_output_nor_in_a_git_tree(tmp_path):
    with pytest.raises(FileError, match="may not lie in"):
        make_key(tmp_path / "site" / "key", apart_from=(tmp_path / "site",))
    (tmp_path / "tree" / ".git").mkdir(parents=True)
    (tmp_path / "tree" / "deep").mkdir()
    with pytest.raises(FileError, match="git tree"):
        make_key(tmp_path / "tree" / "deep" / "key", apart_from=())
    with pytest.raises(FileError, match="no such key"):
        read_key(tmp_path / "absent", apart_from=())


def test_a_secret_that_cannot_be_filled_is_gone(tmp_path):
    with pytest.raises(ValueError, match="stop"), open_secret(tmp_path / "way"):
        raise ValueError("stop")
    assert not (tmp_path / "way").exists()
