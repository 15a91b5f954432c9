/* SPDX-License-Identifier: Apache-2.0 */
/* opt_path - variables and home directories in a path. */
#ifndef COMMON_OPT_PATH_H
#define COMMON_OPT_PATH_H

/* The path with $NAME and ${NAME} replaced from the environment and then ~ or
 * ~user at its beginning by the home directory; what is not known stays as it
 * is. The caller frees it. */
char *opt_path_expand(const char *path);

#endif
