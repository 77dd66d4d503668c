import pytest

from twinproof.base.errors import UserError, entry_point


@entry_point
def main(arguments: list[str] | None = None) -> int | None:
    """Do what is asked."""
    if arguments == ["wrong"]:
        raise UserError("wrong: not allowed")
    if arguments == ["fault"]:
        raise ValueError("a fault of the code")
    if arguments == ["interrupted"]:
        raise KeyboardInterrupt
    return 1 if arguments else None


def test_mistake_of_the_user_is_one_line_and_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wrong"]) == 2
    assert capsys.readouterr() == ("", "error: wrong: not allowed\n")


def test_any_other_exception_is_not_hidden() -> None:
    with pytest.raises(ValueError, match="a fault of the code"):
        main(["fault"])


def test_status_is_that_of_the_entry_point_and_0_without_one() -> None:
    assert main(["other"]) == 1
    assert main([]) == main() == 0
    assert main.__doc__ == "Do what is asked."


def test_ctrl_c_is_no_traceback_but_the_status_of_shells(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["interrupted"]) == 130
    assert capsys.readouterr() == ("", "")
