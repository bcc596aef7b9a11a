// Debian builds libxml2 with ICU, and its headers then pull in ICU's own. Foundation brings another version of those, and
// a module that sees both does not compile. Nothing we use depends on the switch (it declares converters only).
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED
#include <libxml/HTMLparser.h>
#include <libxml/xmlreader.h>
#include <libxml/xmlerror.h>
