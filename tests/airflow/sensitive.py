"""Prints SECTION__OPTION for each option that the Airflow of an environment calls sensitive, deprecated names among them.

    ENVIRONMENT/bin/python tests/airflow/sensitive.py

Those of the installed providers count. Without Airflow itself in the environment only theirs are printed.
"""
import importlib.metadata
import runpy


def of_providers():
    """What each provider says of its own options, read without importing the provider, which may need what is not there."""
    for entry in importlib.metadata.entry_points(group="apache_airflow_provider"):
        file = entry.dist.locate_file(entry.module.replace(".", "/") + ".py")
        information = runpy.run_path(str(file))[entry.attr]()
        for section, content in (information.get("config") or {}).items():
            for option, description in content["options"].items():
                if description.get("sensitive"):
                    yield section, option


def of_airflow():
    try:
        from airflow.configuration import conf
        from airflow.utils.providers_configuration_loader import providers_configuration_loaded
    except ImportError:
        return set()
    return providers_configuration_loaded(lambda: set(conf.sensitive_config_values))()


if __name__ == "__main__":
    for name in sorted({f"{section}__{option}".upper() for section, option in {*of_providers(), *of_airflow()}}):
        print(name)
