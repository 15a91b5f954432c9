/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/tree_base.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/str.h"
#include "tests/cloud/child.h"
#include "tests/cloud/tree.h"

#define FILE_MAX (4 * 1024 * 1024)

/* The scripts as they were when this was built. */
#define SCRIPT(name, file)                                                     \
	__asm__(".pushsection .rodata\n"                                       \
		"machine_" name "_start:\n"                                    \
		".incbin \"tests/cloud/machine/" file "\"\n"                   \
		"machine_" name "_end:\n"                                      \
		".byte 0\n"                                                    \
		".popsection\n")
SCRIPT("boot", "boot.sh");
SCRIPT("power", "power.sh");
SCRIPT("cloud_init", "cloud-init.sh");

extern const char machine_boot_start[] __attribute__((visibility("hidden")));
extern const char machine_power_start[] __attribute__((visibility("hidden")));
extern const char machine_cloud_init_start[]
	__attribute__((visibility("hidden")));

const char *const tree_parts[] = { "etc", "root", "home", "opt", "srv", "var",
	"usr/local", NULL };

static const struct {
	const char *path;
	mode_t mode;
} directories[] = {
	{ "etc/ssh", 0755 },
	{ "root", 0700 },
	{ "home", 0755 },
	{ "opt", 0755 },
	{ "srv", 0755 },
	{ "var/cache", 0755 },
	{ "var/lib", 0755 },
	{ "var/log", 0755 },
	{ "var/mail", 0755 },
	{ "var/spool", 0755 },
	{ "var/tmp", 01777 },
	{ "usr/local/bin", 0755 },
	{ "usr/local/sbin", 0755 },
	{ "usr/local/lib", 0755 },
};

static const struct {
	const char *path, *target;
} links[] = {
	{ "var/run", "/run" },
	{ "var/lock", "/run/lock" },
	{ "etc/mtab", "/proc/self/mounts" },
};

/* What the host's programs look for there; what it has not got is left out. A
 * directory is copied whole. */
static const char *const of_the_host[] = { "etc/alternatives",
	"etc/debian_version", "etc/ld.so.cache", "etc/ld.so.conf",
	"etc/ld.so.conf.d", "etc/localtime", "etc/os-release", "etc/protocols",
	"etc/resolv.conf", "etc/services", "etc/shells", "etc/ssl/openssl.cnf",
	"etc/ssl/certs/ca-certificates.crt", "etc/pki/tls/openssl.cnf",
	"etc/pki/tls/certs/ca-bundle.crt" };

static const struct {
	const char *path;
	mode_t mode;
	const char *text;
} files[] = {
	{ "etc/nsswitch.conf", 0644,
		"passwd: files\ngroup: files\nshadow: files\n"
		"hosts: files dns\n" },
	{ "etc/hosts", 0644, "127.0.0.1\tlocalhost\n" },
	{ "etc/hostname", 0644, "localhost\n" },
	{ "etc/profile", 0644,
		"# The PATH is what the login came with.\n"
		"PS1='\\u@\\h:\\w# '\n" },
	{ "etc/login.defs", 0644,
		"ENCRYPT_METHOD SHA512\nUID_MIN 1000\n"
		"UID_MAX 60000\nGID_MIN 1000\nGID_MAX 60000\n" },
	{ "etc/ssh/sshd_config", 0644,
		"PermitRootLogin yes\nPasswordAuthentication yes\n"
		"PrintMotd no\nAcceptEnv LANG LC_*\n"
		"Subsystem sftp internal-sftp\n" },
	{ "var/log/lastlog", 0664, "" },
	{ "var/log/wtmp", 0664, "" },
};

static int copy_from_host(const char *tree, const char *path, struct err *e)
{
	char *from = mem_printf("/%s", path), *to, *parent;
	struct stat s;
	int result = 0;

	if (stat(from, &s) < 0) {
		mem_free(from);
		return 0;
	}
	to = mem_printf("%s/%s", tree, path);
	parent = mem_copy(path);
	*strrchr(parent, '/') = '\0';
	result = tree_make(tree, parent, 0755, e);
	if (result == 0 && S_ISDIR(s.st_mode))
		result = tree_copy(from, to, e);
	else if (result == 0)
		result = tree_copy_file(from, to, e);
	mem_free(parent);
	mem_free(to);
	mem_free(from);
	return result;
}

static int write_text(const char *tree, const char *path, mode_t mode,
	const char *text, struct err *e)
{
	return tree_write(tree, path, mode, text, strlen(text), e);
}

/* To an ordinary user's kernel nobody but that user owns files in the sandbox;
 * it is called root there. */
static int write_users(const char *tree, struct err *e)
{
	char *passwd = mem_printf(
		"root:x:%u:%u:root:/root:%s\n"
		"daemon:x:1:1::/usr/sbin:/usr/sbin/nologin\n"
		"www-data:x:33:33::/var/www:/usr/sbin/nologin\n"
		"sshd:x:110:65534::/run/sshd:"
		"/usr/sbin/nologin\n"
		"nobody:x:65534:65534::/nonexistent:"
		"/usr/sbin/nologin\n",
		getuid(), getgid(),
		access("/usr/bin/bash", X_OK) == 0 ? "/bin/bash" : "/bin/sh");
	char *group = mem_printf("root:x:%u:\ndaemon:x:1:\ntty:x:5:\n"
				 "www-data:x:33:\nnogroup:x:65534:\n",
		getgid());
	int result = write_text(tree, "etc/passwd", 0644, passwd, e);

	if (result == 0)
		result = write_text(tree, "etc/group", 0644, group, e);
	if (result == 0)
		result = write_text(tree, "etc/shadow", 0600,
			"root:*:19700:0:99999:7:::\n"
			"daemon:*:19700:0:99999:7:::\n"
			"www-data:*:19700:0:99999:7:::\n"
			"sshd:*:19700:0:99999:7:::\n"
			"nobody:*:19700:0:99999:7:::\n",
			e);
	mem_free(passwd);
	mem_free(group);
	return result;
}

static int write_own_identity(const char *tree, struct err *e)
{
	char id[34], *key = mem_printf("%s/etc/ssh/ssh_host_ed25519_key", tree);
	const char *const arguments[] = { "ssh-keygen", "-q", "-t", "ed25519",
		"-N", "", "-C", "image", "-f", key, NULL };
	uint32_t parts[4] = { 0 };
	int result;

	result = getrandom(parts, sizeof(parts), 0) < 0
			 ? err_set(e, ERR_OTHER, "random numbers: %s",
				   strerror(errno))
			 : 0;
	snprintf(id, sizeof(id), "%08x%08x%08x%08x\n", parts[0], parts[1],
		parts[2], parts[3]);
	if (result == 0)
		result = write_text(tree, "etc/machine-id", 0444, id, e);
	if (result == 0)
		result = child_run(arguments, NULL, e);
	mem_free(key);
	return result;
}

static int write_identity(const char *tree, bool cloud_init, struct err *e)
{
	if (!cloud_init)
		return write_own_identity(tree, e);
	if (write_text(tree, "etc/machine-id", 0444, "", e) < 0)
		return -1;
	if (tree_make(tree, "etc/cloud", 0755, e) < 0 ||
		write_text(tree, "etc/cloud/cloud.cfg", 0644,
			"ssh_deletekeys: true\n"
			"cloud_init_modules:\n"
			" - write-files\n"
			" - ssh\n",
			e) < 0)
		return -1;
	return write_text(tree, "usr/local/bin/cloud-init", 0755,
		machine_cloud_init_start, e);
}

int tree_base(const char *tree, bool cloud_init, struct err *e)
{
	int result = 0;

	for (size_t i = 0; i < sizeof(directories) / sizeof(*directories); i++)
		if (result == 0)
			result = tree_make(tree, directories[i].path,
				directories[i].mode, e);
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++)
		if (result == 0)
			result = tree_link(
				tree, links[i].path, links[i].target, e);
	for (size_t i = 0; i < sizeof(of_the_host) / sizeof(*of_the_host); i++)
		if (result == 0)
			result = copy_from_host(tree, of_the_host[i], e);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (result == 0)
			result = write_text(tree, files[i].path, files[i].mode,
				files[i].text, e);
	if (result == 0)
		result = write_users(tree, e);
	return result == 0 ? write_identity(tree, cloud_init, e) : -1;
}

int tree_scripts(const char *directory, struct err *e)
{
	static const char *const power[] = { "bin/reboot", "bin/shutdown",
		"bin/halt", "bin/poweroff" };
	int result = write_text(directory, "boot", 0755, machine_boot_start, e);

	for (size_t i = 0; i < sizeof(power) / sizeof(*power); i++)
		if (result == 0)
			result = write_text(directory, power[i], 0755,
				machine_power_start, e);
	/* A machine's files are copied as they are read: there is nothing to
	 * sync, and the host's disks are none of its business. */
	if (result == 0)
		result = write_text(
			directory, "bin/sync", 0755, "#!/bin/sh\n", e);
	/* What one machine is given is put over it. */
	return result == 0 ? tree_make(directory, "server", 0755, e) : -1;
}
