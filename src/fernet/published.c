#include "fernet/published.h"

#include <stddef.h>
#include <string.h>

/* The comment above each entry names the file that publishes it. tests/unit/test_published.c has the values, and
 * computes the fingerprints from them. */
static const struct {
    const char *fingerprint;
    const char *where; /* a message puts "from" in front */
} published[] = {
    /* Fernet keys. */

    /* puckel/docker-airflow docker-compose-*.yml; bitnami/containers bitnami/airflow/README.md. */
    {"cbfddc3357d63142", "puckel/docker-airflow's compose files"},
    /* airflow-helm/charts charts/airflow/values.yaml: airflow.fernetKey. */
    {"47a0177898324116", "the default values of the airflow-helm chart"},
    /* astronomer/astro-cli airflow/include/composeyml.yml. */
    {"f7893655e533c208", "the compose file of the Astronomer CLI"},
    /* open-metadata/OpenMetadata docker/docker-compose-quickstart/docker-compose.yml: FERNET_KEY. */
    {"4a4b6b5e84e4edbb", "the compose file of OpenMetadata"},
    /* bahchis/airflow-cookbook attributes/default.rb. */
    {"ee36b7fa733f5194", "the Chef cookbook for Airflow"},
    /* Dozens of compose files and Dockerfiles, many of them FROM puckel/docker-airflow. */
    {"79721f9ca485591b", "compose files and Dockerfiles of tutorials"},

    /* secret_key. */

    /* puckel/docker-airflow config/airflow.cfg; apache/airflow airflow/config_templates/default_airflow.cfg of
     * 1.10. */
    {"72367663207f7b53", "the airflow.cfg of puckel's image and of Airflow 1.10"},
    /* apache/airflow airflow/config_templates/default_airflow.cfg before 2.7, config.yml since: a template, which
     * some users copy unchanged. Airflow reads it literally. */
    {"ad1523fbbdedf550", "the template of Airflow's airflow.cfg"},
    /* airflow-helm/charts charts/airflow/values.yaml: airflow.webserverSecretKey. */
    {"5135ef8b850ec6fa", "the default values of the airflow-helm chart"},
    /* bitnami/containers bitnami/airflow/README.md: AIRFLOW_SECRET_KEY, unchanged and as newer images write it: the
     * first 32 characters in base64. */
    {"948d4554b2f2d9e4", "the documentation of bitnami's image"},
    {"befa3182ab4ab570", "the documentation of bitnami's image"},
    /* bitnami/containers bitnami/airflow/3/debian-12/rootfs/opt/bitnami/scripts/airflow-env.sh:
     * AIRFLOW_WEBSERVER_SECRET_KEY, in both forms. */
    {"d8064b645daf484b", "bitnami's image"},
    {"7143a8b71d83e702", "bitnami's image"},
    /* aws/amazon-mwaa-docker-images images/airflow/3.0.6/docker-compose.yaml: MWAA__WEBSERVER__SECRET. */
    {"e8f6f8b7f73e2fae", "the compose file of Amazon's MWAA images"},

    /* jwt_secret. */

    /* apache/airflow airflow-core/docs/howto/docker-compose/docker-compose.yaml. */
    {"435109ae7a06c3ab", "the compose file of Airflow 3"},
    /* apache/airflow airflow-core/src/airflow/config_templates/config.yml. */
    {"a830d86353da88b0", "the template of Airflow's airflow.cfg"},
    /* bitnami, as above: AIRFLOW_APISERVER_SECRET_KEY, in both forms. */
    {"48433fa0ec40db5e", "bitnami's image"},
    {"517eb59bef87b328", "bitnami's image"},
    /* aws/aws-mwaa-local-runner airflow-3.0.6/docker/docker-compose-local.yml. */
    {"281e940dc3ccbb16", "the compose file of Amazon's MWAA local runner"},
    /* apache/airflow dev/breeze/src/airflow_breeze/commands/kubernetes_commands.py: config.api_auth.jwt_secret. */
    {"42740facd97fc128", "Airflow's own development environment (breeze)"},
    /* The guide of Docker's hardened image, dhi.io/airflow. */
    {"c9118f82b67904a3", "the guide of Docker's hardened image"},
};

const char *fingerprint_published(const char text[FINGERPRINT_TEXT + 1])
{
    for (size_t i = 0; i < sizeof published / sizeof *published; i++)
        if (strcmp(published[i].fingerprint, text) == 0)
            return published[i].where;
    return NULL;
}
