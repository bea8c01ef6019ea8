"""What a store and an airflow.cfg hold once fernit has kept all secrets that it manages."""
import configs

#: The store's file, and the options that say the same in airflow.cfg.
OPTIONS = {
    "fernet_key": [("core", "fernet_key")],
    "secret_key": [("webserver", "secret_key"), ("api", "secret_key")],
    "jwt_secret": [("api_auth", "jwt_secret")],
    "internal_api_secret_key": [("core", "internal_api_secret_key")],
}
NAMES = {*OPTIONS, ".lock"}


def in_cfg(store):
    """(section, option) to value, for each secret that the store holds."""
    files = {name: store / name for name in OPTIONS}
    return {option: files[name].read_text().strip() for name in OPTIONS if files[name].exists() for option in OPTIONS[name]}


def cfg_is_right(data, store, before=b""):
    """Whether airflow.cfg says what the store does, and all else that it said before."""
    return configs.effective(configs.parse(data)) == {**configs.effective(configs.parse(before)), **in_cfg(store)}
