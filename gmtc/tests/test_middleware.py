import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/parts/choices/", "/accounts/users/", "/parts/"])
def test_an_address_with_a_nul_is_refused_and_not_a_fault(as_admin, path):
    answer = as_admin.get(f"{path}?q=%00", headers={"accept-language": "de"})
    assert answer.status_code == 400
    assert 'lang="en"' not in answer.content.decode()


def test_a_file_that_is_too_large_is_refused_in_the_language_of_the_browser(as_admin, settings):
    settings.MAX_UPLOAD_BYTES = 10
    answer = as_admin.post("/parts/import/", {"file": "x" * 400}, headers={"accept-language": "de"})
    assert answer.status_code == 413
    assert 'lang="de"' in answer.content.decode()
