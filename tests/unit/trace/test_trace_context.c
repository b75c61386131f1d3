/* The header traceparent by the examples of W3C Trace Context, and X-Amzn-Trace-Id by
 * those of AWS X-Ray. */
#include <string.h>

#include "cunit_main.h"
#include "trace/trace_context.h"

#define TRACE  "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT "00f067aa0ba902b7"
#define ROOT   "Root=1-5759e988-bd862e3fe1be46a994272793"

static void
takes_each_version(void)
{
	struct trace_context c;

	CU_ASSERT_TRUE(trace_context_parse("00-" TRACE "-" PARENT "-01", &c));
	CU_ASSERT_STRING_EQUAL(c.trace_id, TRACE);
	CU_ASSERT_STRING_EQUAL(c.parent, PARENT);
	CU_ASSERT_EQUAL(c.sampled, TRACE_SAMPLED);
	CU_ASSERT_TRUE(trace_context_parse("00-" TRACE "-" PARENT "-00", &c));
	CU_ASSERT_EQUAL(c.sampled, TRACE_NOT_SAMPLED);
	/* only the lowest bit says "sampled" */
	CU_ASSERT_TRUE(trace_context_parse("00-" TRACE "-" PARENT "-fe", &c));
	CU_ASSERT_EQUAL(c.sampled, TRACE_NOT_SAMPLED);
	CU_ASSERT_TRUE(trace_context_parse("00-" TRACE "-" PARENT "-0b", &c));
	CU_ASSERT_EQUAL(c.sampled, TRACE_SAMPLED);
	CU_ASSERT_TRUE(
	    trace_context_parse("cc-" TRACE "-" PARENT "-01-what-follows", &c));
	CU_ASSERT_EQUAL(c.sampled, TRACE_SAMPLED);
	CU_ASSERT_TRUE(trace_context_parse("cc-" TRACE "-" PARENT "-01", &c));
}

static void
refuses_other_text(void)
{
	static const char *const bad[] = {
	    "",
	    "00-" TRACE "-" PARENT,
	    "00-" TRACE "-" PARENT "-0",
	    "00-" TRACE "-" PARENT "-0x",
	    "00-" TRACE "-" PARENT "-01-more", /* version 00 ends here */
	    "00-" TRACE "-" PARENT "-011",
	    "cc-" TRACE "-" PARENT "-01.more",
	    "ff-" TRACE "-" PARENT "-01",
	    "0-" TRACE "-" PARENT "-01x",
	    "00_" TRACE "-" PARENT "-01",
	    "00-" TRACE "_" PARENT "-01",
	    "00-" TRACE "-" PARENT "_01",
	    "00-00000000000000000000000000000000-" PARENT "-01",
	    "00-" TRACE "-0000000000000000-01",
	    "00-4BF92F3577B34DA6A3CE929D0E0E4736-" PARENT "-01",
	};
	struct trace_context c;

	CU_ASSERT_FALSE(trace_context_parse(NULL, &c));
	for (size_t i = 0; i < ES_COUNT(bad); i++) {
		c.sampled = TRACE_SAMPLED;
		if (trace_context_parse(bad[i], &c))
			CU_FAIL(bad[i]);
		CU_ASSERT_EQUAL(c.sampled, TRACE_UNDECIDED);
		CU_ASSERT_STRING_EQUAL(c.trace_id, "");
	}
}

static void
takes_the_header_of_amazon(void)
{
	struct trace_context c;

	CU_ASSERT_TRUE(
	    trace_context_parse_amzn(ROOT ";Parent=53995c3f42cd8ad8;Sampled=1", &c));
	CU_ASSERT_STRING_EQUAL(c.trace_id, "5759e988bd862e3fe1be46a994272793");
	CU_ASSERT_STRING_EQUAL(c.parent, "53995c3f42cd8ad8");
	CU_ASSERT_EQUAL(c.sampled, TRACE_SAMPLED);
	/* A load balancer sends Root alone, or after its own entry Self. */
	CU_ASSERT_TRUE(trace_context_parse_amzn(
	    "Self=1-67891234-12456789abcdef012345678;" ROOT, &c));
	CU_ASSERT_STRING_EQUAL(c.trace_id, "5759e988bd862e3fe1be46a994272793");
	CU_ASSERT_STRING_EQUAL(c.parent, "");
	CU_ASSERT_EQUAL(c.sampled, TRACE_UNDECIDED);
	CU_ASSERT_TRUE(trace_context_parse_amzn(ROOT "; Sampled=0", &c));
	CU_ASSERT_EQUAL(c.sampled, TRACE_NOT_SAMPLED);
	CU_ASSERT_TRUE(trace_context_parse_amzn("Sampled=?;" ROOT, &c));
	CU_ASSERT_EQUAL(c.sampled, TRACE_UNDECIDED);
	CU_ASSERT_TRUE(
	    trace_context_parse_amzn(ROOT ";Parent=53995c3f;Lineage=a:1|b:2", &c));
	CU_ASSERT_STRING_EQUAL(c.parent, "");
}

static void
refuses_a_header_without_a_root(void)
{
	static const char *const bad[] = {"", ";;", "Root=", "Sampled=1",
	    "Root=1-5759e988-bd862e3fe1be46a99427279",
	    "Root=2-5759e988-bd862e3fe1be46a994272793",
	    "Root=1-5759e988-bd862e3fe1be46a9942727933",
	    "Root=1-5759e98-8bd862e3fe1be46a994272793",
	    "Root=1-00000000-000000000000000000000000",
	    "root=1-5759e988-bd862e3fe1be46a994272793", ROOT ";Root=x"};
	struct trace_context c;

	CU_ASSERT_FALSE(trace_context_parse_amzn(NULL, &c));
	for (size_t i = 0; i < ES_COUNT(bad); i++)
		if (trace_context_parse_amzn(bad[i], &c))
			CU_FAIL(bad[i]);
}

static void
writes_what_it_reads(void)
{
	static const char text[] = "00-" TRACE "-" PARENT "-01";
	struct trace_context c;
	char out[TRACE_PARENT_TEXT];

	CU_ASSERT_TRUE(trace_context_parse(text, &c));
	trace_context_format(&c, out);
	CU_ASSERT_STRING_EQUAL(out, text);
	c.sampled = TRACE_UNDECIDED;
	trace_context_format(&c, out);
	CU_ASSERT_STRING_EQUAL(out, "00-" TRACE "-" PARENT "-00");
}

static CU_TestInfo cases[] = {
    {"accepts each version", takes_each_version},
    {"refuses other text", refuses_other_text},
    {"accepts X-Amzn-Trace-Id", takes_the_header_of_amazon},
    {"refuses a header without a root", refuses_a_header_without_a_root},
    {"writes what it reads", writes_what_it_reads},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("trace_context", cases)
