// zlib's inflate and deflate, for gzip request and reply bodies.
#include <zlib.h>
