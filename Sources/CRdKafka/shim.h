// The in-process broker is declared in rdkafka_mock.h; everything else in rdkafka.h.
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
