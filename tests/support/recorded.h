/* recorded - real market data, which is no part of the repository: tests that want it are skipped
 * where it is not. */
#ifndef INDSUB_TESTS_RECORDED_H
#define INDSUB_TESTS_RECORDED_H

/* The text of a gzipped file of INDSUB_DATA, else of ../shared/data beside the sources; NULL if it
 * is not there. For free. */
char *recorded_text(const char *name);

#endif
