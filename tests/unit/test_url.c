#include "airflow/url.h"

#include <stdio.h>

#include "table.h"

/* Endpoints as a person writes them, with ", " between. */
static const struct {
    int line;
    const char *url;
    const char *endpoints;
} databases[] = {
    {ROW, "postgresql+psycopg2://airflow:airflow@postgres:5432/airflow", "postgres:5432"},
    {ROW, "postgresql+psycopg2://airflow:airflow@postgres/airflow", "postgres:5432"},
    {ROW, "postgres://postgres/airflow", "postgres:5432"},
    {ROW, "postgresql://u@h", "h:5432"},
    {ROW, "postgresql://h", "h:5432"},
    {ROW, "postgresql://h:6543", "h:6543"},
    {ROW, "postgresql://h?sslmode=require", "h:5432"},
    {ROW, "  postgresql://h:6543/db\r\n", "h:6543"},
    {ROW, "POSTGRESQL://h", "h:5432"},
    {ROW, "cockroachdb://h/db", "h:26257"},
    {ROW, "mysql+mysqldb://u:p@h/db", "h:3306"},
    {ROW, "mysql+pymysql://u:p@h:3307/db?charset=utf8mb4", "h:3307"},
    {ROW, "mariadb+mariadbconnector://h/db", "h:3306"},
    {ROW, "mssql+pyodbc://u:p@h/db?driver=ODBC+Driver+18", "h:1433"},
    {ROW, "oracle+oracledb://u:p@h/?service_name=x", "h:1521"},
    {ROW, "sqlite:////opt/airflow/airflow.db", ""},
    {ROW, "sqlite://", ""},
    {ROW, "sqlite:////home/a@b/c@d.db", ""},
    /* What is not known needs its port. */
    {ROW, "snowdrift://u:p@h:123/db", "h:123"},

    /* Users and passwords: as the regular expression has it. */
    {ROW, "postgresql://u:p%40ss%2Fw%3Ard@h/db", "h:5432"},
    {ROW, "postgresql://u:a:b:c@h/db", "h:5432"},
    {ROW, "postgresql://u:pa/ss@h/db", "h:5432"},
    {ROW, "postgresql://u:pa?ss@h/db", "h:5432"},
    {ROW, "postgresql://u:pa#ss@h/db", "h:5432"},
    {ROW, "postgresql://u:?/#[]@h/db", "h:5432"},
    {ROW, "postgresql://u:@h/db", "h:5432"},
    {ROW, "postgresql://:p@h/db", "h:5432"},
    {ROW, "postgresql://@h/db", "h:5432"},
    {ROW, "postgresql://user@server:pw@h/db", "h:5432"},
    {ROW, "postgresql://user@server@h/db", "h:5432"},
    {ROW, "postgresql://u@h:1234/db", "h:1234"},
    /* One "@" too many belongs to the password, as up to SQLAlchemy 1.3. */
    {ROW, "postgresql://u:p@ss@h/db", "h:5432"},
    {ROW, "postgresql://u:p@s@s@h:1234/db", "h:1234"},
    {ROW, "postgresql://u:p@s:s@h:1234/db", "h:1234"},
    {ROW, "postgresql://h/db?user=me@there", "h:5432"},

    {ROW, "postgresql://u:p@10.0.0.1:5432/db", "10.0.0.1:5432"},
    {ROW, "postgresql://u:p@[::1]:5432/db", "[::1]:5432"},
    {ROW, "postgresql://u:p@[fe80::1%eth0]/db", "[fe80::1%eth0]:5432"},
    {ROW, "postgresql://[2001:db8::1]", "[2001:db8::1]:5432"},
    {ROW, "postgresql://my_db.example-1.org./db", "my_db.example-1.org.:5432"},

    /* PostgreSQL's sockets and lists. */
    {ROW, "postgresql:///db", "unix:/var/run/postgresql/.s.PGSQL.5432"},
    {ROW, "postgresql://u:p@/db", "unix:/var/run/postgresql/.s.PGSQL.5432"},
    {ROW, "postgresql://u:p@:6543/db", "unix:/var/run/postgresql/.s.PGSQL.6543"},
    {ROW, "postgresql:///db?host=/run/pg", "unix:/run/pg/.s.PGSQL.5432"},
    {ROW, "postgresql:///db?host=%2Frun%2Fpg&port=6543", "unix:/run/pg/.s.PGSQL.6543"},
    {ROW, "postgresql://u:p@:6543/db?host=/run/pg", "unix:/run/pg/.s.PGSQL.6543"},
    {ROW, "postgresql://other/db?host=h", "h:5432"},
    {ROW, "postgresql://other:1/db?host=h", "h:1"},
    {ROW, "postgresql:///db?host=h:1234", "h:1234"},
    {ROW, "postgresql:///db?host=a,b", "a:5432, b:5432"},
    {ROW, "postgresql://:1/db?host=a,b", "a:5432, b:5432"},
    {ROW, "postgresql:///db?host=a,b&port=1,2", "a:1, b:2"},
    {ROW, "postgresql:///db?host=a,b&port=1,", "a:1, b:5432"},
    {ROW, "postgresql:///db?host=a,b&port=7", "a:7, b:7"},
    {ROW, "postgresql:///db?host=a:1&host=b:2&host=c", "a:1, b:2, c:5432"},
    {ROW, "postgresql:///db?host=a&x=y&host=b&port=1&port=2", "a:1, b:2"},
    {ROW, "postgresql:///db?host=::1,10.0.0.1", "[::1]:5432, 10.0.0.1:5432"},
    {ROW, "postgresql:///db?host=/a,h", "unix:/a/.s.PGSQL.5432, h:5432"},
    {ROW, "postgresql:///db?host=,h", "unix:/var/run/postgresql/.s.PGSQL.5432, h:5432"},
    {ROW, "postgresql://a,b,c:1234/db", "a:1234, b:1234, c:1234"},
    {ROW, "postgresql://h/db?host=&hosts=x&ahost=y", "h:5432"},
    {ROW, "postgresql://h/db?host", "h:5432"},
    {ROW, "postgresql://h/db?hostaddr=10.0.0.1", "10.0.0.1:5432"},
    {ROW, "postgresql:///db?hostaddr=::1&port=7", "[::1]:7"},
    {ROW, "postgresql:///db?host=a,b&hostaddr=10.0.0.1,", "10.0.0.1:5432, b:5432"},
    {ROW, "postgresql://:1/db?hostaddr=10.0.0.1,10.0.0.2", "10.0.0.1:1, 10.0.0.2:1"},
    {ROW, "postgresql:///db?hostaddr=,10.0.0.2",
     "unix:/var/run/postgresql/.s.PGSQL.5432, 10.0.0.2:5432"},

    {ROW, "mysql://u:p@/db?unix_socket=/run/mysqld/mysqld.sock", "unix:/run/mysqld/mysqld.sock"},
    {ROW, "mysql://u:p@/db?a=b&unix_socket=%2Fs", "unix:/s"},
    /* mysqlclient takes a socket only where the host is this one; PyMySQL takes it before any host. */
    {ROW, "mysql://", "unix:/run/mysqld/mysqld.sock"},
    {ROW, "mysql://u:p@/db", "unix:/run/mysqld/mysqld.sock"},
    {ROW, "mysql://u:p@:3307/db", "unix:/run/mysqld/mysqld.sock"},
    {ROW, "mysql://u:p@localhost:3307/db", "unix:/run/mysqld/mysqld.sock"},
    {ROW, "mysql://u:p@localhost/db?unix_socket=/s", "unix:/s"},
    {ROW, "mysql://u:p@h/db?host=localhost", "unix:/run/mysqld/mysqld.sock"},
    {ROW, "mariadb+mariadbconnector://localhost/db", "unix:/run/mysqld/mysqld.sock"},
    {ROW, "mysql+mysqldb://u:p@LOCALHOST/db", "LOCALHOST:3306"},
    {ROW, "mysql://u:p@127.0.0.1/db", "127.0.0.1:3306"},
    {ROW, "mysql://u:p@h/db?unix_socket=/s", "h:3306"},
    {ROW, "mysql+pymysql://", "localhost:3306"},
    {ROW, "mysql+pymysql://u:p@:3307/db", "localhost:3307"},
    {ROW, "mysql+pymysql://u:p@localhost/db", "localhost:3306"},
    {ROW, "mysql+pymysql://u:p@h/db?unix_socket=/s", "unix:/s"},
    {ROW, "mysql+mysqlconnector://u:p@/db", "localhost:3306"},
    {ROW, "mysql://u:p@h/db?host=x", "x:3306"},
    {ROW, "mysql://u:p@h:1/db?host=x&port=2", "x:2"},
    {ROW, "mysql+pymysql:///db?host=x", "x:3306"},
    {ROW, "mysql://h/db?read_default_file=/f", "h:3306"},
    {ROW, "mysql:///db?read_default_file=/f&unix_socket=/s", "unix:/s"},
};

/* What stands around the driver, in the order of struct url_defaults; NULL is not set. */
static const struct {
    int line;
    const char *url;
    const char *around[5];
    const char *endpoints;
} surrounded[] = {
    {ROW, "postgresql:///db", {"p"}, "p:5432"},
    {ROW, "postgresql:///db", {"p", NULL, "1"}, "p:1"},
    {ROW, "postgresql://u@h/db", {"p", NULL, "1"}, "h:1"},
    {ROW, "postgresql://u@h:2/db", {"p", NULL, "1"}, "h:2"},
    {ROW, "postgresql://h/db?host=q&port=3", {"p", NULL, "1"}, "q:3"},
    {ROW, "postgresql:///db", {NULL, NULL, "1"}, "unix:/var/run/postgresql/.s.PGSQL.1"},
    {ROW, "postgresql:///db", {"/p", NULL, "1"}, "unix:/p/.s.PGSQL.1"},
    {ROW, "postgresql:///db", {"a,b", NULL, "1,2"}, "a:1, b:2"},
    {ROW, "postgresql:///db", {"a,b", NULL, "1"}, "a:1, b:1"},
    {ROW, "postgresql:///db?host=a:1&host=b", {"p", NULL, "9"}, "a:1, b:5432"},
    {ROW, "postgresql://h/db", {NULL, "10.0.0.1"}, "10.0.0.1:5432"},
    {ROW, "postgresql:///db?hostaddr=10.0.0.2", {NULL, "10.0.0.1"}, "10.0.0.2:5432"},
    {ROW, "postgresql:///db", {"", "", ""}, "unix:/var/run/postgresql/.s.PGSQL.5432"},
    {ROW, "cockroachdb://h/db", {NULL, NULL, "1"}, "h:1"},
    {ROW, "mysql:///db", {"p", NULL, "1", "/s", "2"}, "unix:/s"},
    {ROW, "mysql:///db", {"p", NULL, "1", "", "2"}, "unix:/run/mysqld/mysqld.sock"},
    {ROW, "mysql:///db?unix_socket=/q", {NULL, NULL, NULL, "/s"}, "unix:/q"},
    {ROW, "mysql://h/db", {"p", NULL, "1", "/s", "2"}, "h:2"},
    {ROW, "mysql://h:3/db", {NULL, NULL, NULL, "/s", "2"}, "h:3"},
    {ROW, "mysql+pymysql:///db", {NULL, NULL, NULL, "/s", "2"}, "localhost:3306"},
    {ROW, "mssql+pyodbc://h/db", {"p", "q", "1", "/s", "2"}, "h:1433"},
};

static const struct {
    int line;
    const char *url;
    const char *endpoints;
} brokers[] = {
    {ROW, "redis://redis:6379/0", "redis:6379"},
    {ROW, "redis://:pw@redis/1", "redis:6379"},
    {ROW, "rediss://:p%40%3A%2F@r.example.org:6380/0?ssl_cert_reqs=CERT_NONE",
     "r.example.org:6380"},
    {ROW, "redis://", "localhost:6379"},
    {ROW, "redis://:pw@/0", "localhost:6379"},
    {ROW, "redis://:6380/0", "localhost:6380"},
    {ROW, "redis://:p@s:s@h/0", "h:6379"},
    {ROW, "redis://u:a:b@h/0", "h:6379"},
    {ROW, "redis://[::1]:7000", "[::1]:7000"},
    {ROW, "redis://my%2Dhost", "my-host:6379"},
    {ROW, "amqp://guest:guest@rabbitmq:5672//", "rabbitmq:5672"},
    {ROW, "amqp://rabbitmq", "rabbitmq:5672"},
    {ROW, "pyamqp://u:p@rabbitmq//", "rabbitmq:5672"},
    {ROW, "amqps://u:p@rabbitmq/vhost", "rabbitmq:5671"},
    {ROW, "amqp://", "localhost:5672"},
    {ROW, "AMQP://H", "H:5672"},
    {ROW, "amqp://a;amqp://b:1", "a:5672, b:1"},
    {ROW, "amqp://a; amqps://u:p@b ;", "a:5672, b:5671"},
    {ROW, "sentinel://:pw@s1:26379;sentinel://:pw@s2;sentinel://s3:1/0",
     "s1:26379, s2:26379, s3:1"},
    {ROW, "redis+socket:///run/redis.sock", "unix:/run/redis.sock"},
    {ROW, "redis+socket:///run/a%20b.sock?virtual_host=0", "unix:/run/a b.sock"},
    {ROW, "redis+socket://:pw@/run/redis.sock", "unix:/run/redis.sock"},
    {ROW, "sqla+postgresql://u:p?q@h/db", "h:5432"},
    {ROW, "sqlalchemy+mysql+pymysql://u:p@h/db", "h:3306"},
    {ROW, "sqla+sqlite:////tmp/db", ""},
    {ROW, "sqs://key:secret@", ""},
    {ROW, "sqs://KEY:a/b@c@d", ""},
    {ROW, "azureservicebus://policy:key/with=@namespace", ""},
    {ROW, "gcpubsub://projects/p", ""},
    {ROW, "filesystem://", ""},
    {ROW, "memory://localhost/", ""},
    {ROW, "kafka://h:9092", "h:9092"},
};

static const struct {
    int line;
    enum url_reader reader;
    const char *url;
    const char *says;
} wrong[] = {
    {ROW, URL_SQLALCHEMY, "", "is no URL"},
    {ROW, URL_SQLALCHEMY, "postgres", "is no URL"},
    {ROW, URL_SQLALCHEMY, "postgres:5432", "is no URL"},
    {ROW, URL_SQLALCHEMY, "postgresql:/h", "is no URL"},
    {ROW, URL_SQLALCHEMY, "://h", "is no URL"},
    {ROW, URL_SQLALCHEMY, "user:secret@h/db", "is no URL"},
    {ROW, URL_SQLALCHEMY, "post gres://h", "is no URL"},
    {ROW, URL_SQLALCHEMY, "postgresql://h:secret/db", "no number from 1 to 65535"},
    {ROW, URL_SQLALCHEMY, "postgresql://h:0/db", "no number from 1 to 65535"},
    {ROW, URL_SQLALCHEMY, "postgresql://h:65536/db", "no number from 1 to 65535"},
    {ROW, URL_SQLALCHEMY, "postgresql://h:99999999999/db", "no number from 1 to 65535"},
    {ROW, URL_SQLALCHEMY, "postgresql://h:+1/db", "no number from 1 to 65535"},
    {ROW, URL_SQLALCHEMY, "postgresql://h: 1/db", "no number from 1 to 65535"},
    {ROW, URL_SQLALCHEMY, "postgresql://::1/db", "no number from 1 to 65535"},
    {ROW, URL_SQLALCHEMY, "postgresql://[::1/db", "stands between"},
    {ROW, URL_SQLALCHEMY, "postgresql://[::1]x/db", "stands between"},
    {ROW, URL_SQLALCHEMY, "postgresql://se cret/db", "what stands where the host belongs"},
    {ROW, URL_SQLALCHEMY, "postgresql://%2Frun%2Fse!cret/db", "what stands where the host belongs"},
    {ROW, URL_SQLALCHEMY, "postgresql://u:p@%2Frun/db", "what stands where the host belongs"},
    {ROW, URL_SQLALCHEMY, "postgresql:///db?host=a,b&port=1,2,3", "not as many ports as hosts"},
    {ROW, URL_SQLALCHEMY, "postgresql:///db?host=a,b,c&port=1,2", "not as many ports as hosts"},
    {ROW, URL_SQLALCHEMY, "postgresql:///db?host=a&port=1,2", "not as many ports as hosts"},
    {ROW, URL_SQLALCHEMY, "postgresql:///db?host=a,b&hostaddr=10.0.0.1",
     "not as many addresses (hostaddr) as hosts"},
    {ROW, URL_SQLALCHEMY, "postgresql:///?host=a,b,c,d,e,f,g,h,i", "names more than 8 hosts"},
    {ROW, URL_SQLALCHEMY, "postgresql:///?host=%00", "too long a query"},
    {ROW, URL_SQLALCHEMY, "mysql://h/?unix_socket=/%00", "too long a query"},
    {ROW, URL_SQLALCHEMY, "mysql:///db?read_default_file=/secret", "option files"},
    {ROW, URL_SQLALCHEMY, "mysql+pymysql:///db?read_default_group=secret", "option files"},
    {ROW, URL_SQLALCHEMY, "mysql+pyodbc:///?odbc_connect=DRIVER%3Dsecret", "names no host"},
    {ROW, URL_SQLALCHEMY, "mysql://u:p@/db?unix_socket=x", "does not begin with \"/\""},
    {ROW, URL_SQLALCHEMY, "mssql+pyodbc:///?odbc_connect=DRIVER%3Dsecret", "names no host"},
    {ROW, URL_SQLALCHEMY, "snowdrift://h/db", "names no port"},
    /* What would pass for the host might be a part of the password. */
    {ROW, URL_SQLALCHEMY, "postgresql://u:p@sec/ret@h/db", "an \"@\" too many"},
    {ROW, URL_SQLALCHEMY, "postgresql://u:p@sec?ret@h/db", "an \"@\" too many"},
    {ROW, URL_SQLALCHEMY, "postgresql://h:5432/db?password=p@secret", "an \"@\" too many"},
    {ROW, URL_SQLALCHEMY, "postgresql://u@h:5432/db?password=p@secret", "an \"@\" too many"},
    {ROW, URL_KOMBU, "redis", "is no URL"},
    {ROW, URL_KOMBU, "redis://h;secret", "is no URL"},
    {ROW, URL_KOMBU, "redis://:sec/ret@h/0", "an \"@\" too many"},
    {ROW, URL_KOMBU, "redis://:123/secret@h/0", "an \"@\" too many"},
    {ROW, URL_KOMBU, "redis://:123?secret@h/0", "an \"@\" too many"},
    {ROW, URL_KOMBU, "redis://:123#secret@h/0", "an \"@\" too many"},
    {ROW, URL_KOMBU, "redis://:a@b/secret@h/0", "an \"@\" too many"},
    {ROW, URL_KOMBU, "redis://:/secret@h", "an \"@\" too many"},
    {ROW, URL_KOMBU, "redis://h:secret/0", "no number from 1 to 65535"},
    {ROW, URL_KOMBU, "redis+socket://relative", "does not begin with \"/\""},
    {ROW, URL_KOMBU, "kafka://h", "names no port"},
    {ROW, URL_KOMBU,
     "amqp://1;amqp://2;amqp://3;amqp://4;amqp://5;amqp://6;amqp://7;amqp://8;amqp://9",
     "names more than 8 hosts"},
};

static const struct url_defaults nothing = {.host = {0}};

static void check(int line, const char *url, enum url_reader reader,
                  const struct url_defaults *defaults, const char *expected)
{
    char text[1024];
    struct error err = {0};
    struct endpoints endpoints;
    if (url_endpoints(url, reader, defaults, &endpoints, &err) < 0)
        fail_line(line, "%s: %s", url, err.message);
    endpoints_text(&endpoints, text, sizeof text);
    if (strcmp(text, expected) != 0)
        fail_line(line, "%s: leads to %s", url, text);
}

static void the_database_is_where_sqlalchemy_and_its_driver_look(void **state)
{
    (void)state;
    foreach(row, databases)
        check(row->line, row->url, URL_SQLALCHEMY, &nothing, row->endpoints);
}

static struct span around(const char *value)
{
    return value ? span_of(value) : (struct span){NULL, 0};
}

static void what_the_url_does_not_say_stands_around_the_driver(void **state)
{
    (void)state;
    foreach(row, surrounded) {
        const struct url_defaults defaults = {
            .host = around(row->around[0]),
            .hostaddr = around(row->around[1]),
            .port = around(row->around[2]),
            .mysql_socket = around(row->around[3]),
            .mysql_port = around(row->around[4]),
        };
        check(row->line, row->url, URL_SQLALCHEMY, &defaults, row->endpoints);
    }
}

static const struct {
    int line;
    const char *url;
    const char *service; /* NULL: libpq does not read it */
    const char *file;
} services[] = {
    {ROW, "postgresql:///?service=x", "x", ""},
    {ROW, " postgresql+psycopg2://u:p@h/db?a=b&service=a%20b&servicefile=/f", "a b", "/f"},
    {ROW, "postgres://h/db", "", ""},
    {ROW, "mysql:///?service=x", NULL, NULL},
    {ROW, "sqlite:////db?service=x", NULL, NULL},
    {ROW, "nonsense", NULL, NULL},
};

static void the_service_is_the_one_that_the_query_names(void **state)
{
    (void)state;
    foreach(row, services) {
        char service[URL_LIST];
        char file[URL_LIST];
        bool is_postgres = url_is_postgres(row->url, service, file);
        if (is_postgres != (row->service != NULL) ||
            (is_postgres && (strcmp(service, row->service) != 0 || strcmp(file, row->file) != 0)))
            fail_row(row, "%s", row->url);
    }
}

static void the_broker_is_where_kombu_looks(void **state)
{
    (void)state;
    foreach(row, brokers)
        check(row->line, row->url, URL_KOMBU, &nothing, row->endpoints);
}

static void what_cannot_be_read_is_told_and_nothing_of_it_is_shown(void **state)
{
    (void)state;
    foreach(row, wrong) {
        struct error err = {0};
        struct endpoints endpoints;
        int result = url_endpoints(row->url, row->reader, &nothing, &endpoints, &err);
        if (result == 0)
            fail_row(row, "%s: was read", row->url);
        if (!error_says(&err, ERROR_INPUT, row->says))
            fail_row(row, "%s: says %s", row->url, err.message);
        if (strstr(err.message, "secret") || strstr(err.message, "sec/") ||
            strstr(err.message, "ret@"))
            fail_row(row, "%s: shows %s", row->url, err.message);
    }
}

static void a_path_has_at_most_107_bytes_and_a_host_255(void **state)
{
    (void)state;
    for (size_t length = 100; length < 115; length++) {
        char url[512];
        struct error err = {0};
        struct endpoints endpoints;
        snprintf(url, sizeof url, "redis+socket:///%0*d", (int)length - 1, 0);
        if ((url_endpoints(url, URL_KOMBU, &nothing, &endpoints, &err) == 0) != (length <= 107))
            fail_msg("a path of %zu bytes: %s", length, err.message);
    }
    for (size_t length = 250; length < 260; length++) {
        char url[512];
        struct error err = {0};
        struct endpoints endpoints;
        snprintf(url, sizeof url, "redis://%0*d", (int)length, 0);
        if ((url_endpoints(url, URL_KOMBU, &nothing, &endpoints, &err) == 0) != (length <= 255))
            fail_msg("a host of %zu bytes: %s", length, err.message);
    }
}

/* That would be PostgreSQL's own socket. */
static void a_host_or_port_that_is_too_long_is_not_one_that_is_missing(void **state)
{
    (void)state;
    for (size_t length = 256; length <= 4096; length *= 2) {
        char url[8192];
        struct error err = {0};
        struct endpoints endpoints;
        snprintf(url, sizeof url, "postgresql://%0*d/db", (int)length, 0);
        assert_int_equal(url_endpoints(url, URL_SQLALCHEMY, &nothing, &endpoints, &err), -1);
        snprintf(url, sizeof url, "postgresql://h:%0*d/db", (int)length, 0);
        assert_int_equal(url_endpoints(url, URL_SQLALCHEMY, &nothing, &endpoints, &err), -1);
    }
}

static void a_list_that_does_not_fit_ends_with_dots(void **state)
{
    (void)state;
    static const struct {
        size_t size;
        const char *text;
    } table[] = {
        {64, "a:1, bb:22, unix:/c"},
        {24, "a:1, bb:22, unix:/c"},
        {23, "a:1, bb:22, ..."},
        {16, "a:1, bb:22, ..."},
        {14, "a:1, ..."},
        {10, "a:1, ..."},
        {9, "..."},
    };
    const struct endpoints endpoints = {.list = {{"a", 1}, {"bb", 22}, {"/c", 0}}, .count = 3};
    foreach(row, table) {
        char text[64];
        endpoints_text(&endpoints, text, row->size);
        if (strcmp(text, row->text) != 0)
            fail_msg("%zu bytes: %s", row->size, text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_database_is_where_sqlalchemy_and_its_driver_look),
        cmocka_unit_test(what_the_url_does_not_say_stands_around_the_driver),
        cmocka_unit_test(the_service_is_the_one_that_the_query_names),
        cmocka_unit_test(the_broker_is_where_kombu_looks),
        cmocka_unit_test(what_cannot_be_read_is_told_and_nothing_of_it_is_shown),
        cmocka_unit_test(a_path_has_at_most_107_bytes_and_a_host_255),
        cmocka_unit_test(a_host_or_port_that_is_too_long_is_not_one_that_is_missing),
        cmocka_unit_test(a_list_that_does_not_fit_ends_with_dots),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
