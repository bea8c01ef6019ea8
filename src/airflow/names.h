/* Names that Airflow and its users give to the Fernet key; those of the other secrets stand in airflow/managed.c. */
#pragma once

#define FERNET_VARIABLE "AIRFLOW__CORE__FERNET_KEY"

/* Of puckel's image, which many still use: Airflow itself does not know it. */
#define FERNET_BARE "FERNET_KEY"
