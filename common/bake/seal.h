/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seal - the script that takes away from a server what is its own.
 *
 * For a POSIX shell, busybox too, by root. It looks below $ROOT, takes away the
 * lines with $KEY (base64; empty: none) from every authorized_keys and the
 * files that are its arguments. It prints lines that begin with SEAL_MARK and a
 * word: begins, warn, fail, sealed; the last one at its end when all is done. A
 * second time there is nothing left for it to change.
 */
#ifndef COMMON_BAKE_SEAL_H
#define COMMON_BAKE_SEAL_H

#define SEAL_MARK "rax_image-"

extern const char seal_script[];

#endif
