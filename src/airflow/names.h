/* Names that Airflow and its users give to the key. */
#pragma once

#define FERNET_VARIABLE "AIRFLOW__CORE__FERNET_KEY"

/* Of puckel's image, which many still use: Airflow itself does not know it. */
#define FERNET_BARE "FERNET_KEY"
