/* says - claims about what a text says. */
#ifndef INDSUB_TESTS_SAYS_H
#define INDSUB_TESTS_SAYS_H

/* The test fails, with the text, unless wanted is in it. text may be NULL: it says nothing. */
void assert_says(const char *text, const char *wanted);
/* The test fails if unwanted is in it. */
void assert_never_says(const char *text, const char *unwanted);

#endif
