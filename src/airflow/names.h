/* Names of the Fernet key's variables. Those of the other secrets are in airflow/managed.c. */
#pragma once

#define FERNET_VARIABLE "AIRFLOW__CORE__FERNET_KEY"

/* From puckel's image, which is still in use. Airflow itself does not read it. */
#define FERNET_BARE "FERNET_KEY"
