"""What a store and an airflow.cfg hold once fernit has kept all secrets that it manages."""
import configs
import managed

#: The store's file, and the option that says the same in airflow.cfg where the version of Airflow is not known.
OPTIONS = {secret.name: managed.PLACE[secret.read_by(None)] for secret in managed.SECRETS if secret.read_by(None)}
NAMES = {*OPTIONS, ".lock"}


def in_cfg(store):
    """(section, option) to value, for each secret that the store holds."""
    return {option: (store / name).read_text().strip() for name, option in OPTIONS.items() if (store / name).exists()}


def cfg_is_right(data, store, before=b""):
    """Whether airflow.cfg says what the store does, and all else that it said before."""
    return configs.effective(configs.parse(data)) == {**configs.effective(configs.parse(before)), **in_cfg(store)}
