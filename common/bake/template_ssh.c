/* SPDX-License-Identifier: Apache-2.0 */
/* The ssh communicator of a builder. */
#include <errno.h>
#include <libssh/libssh.h>
#include <string.h>
#include <sys/stat.h>

#include "common/bake/template_build.h"
#include "common/file.h"
#include "common/str.h"

#define SECOND 1000

const struct decode_row template_ssh_rows[] = {
	DECODE("communicator", TEXT),
	DECODE("pause_before_connecting", DURATION, .no_ingredient = true),
	DECODE("ssh_agent_auth", BOOL, .no_ingredient = true),
	DECODE("ssh_bastion_agent_auth", BOOL, .no_ingredient = true),
	DECODE("ssh_bastion_certificate_file", TEXT, .no_ingredient = true),
	DECODE("ssh_bastion_host", TEXT, .no_ingredient = true),
	DECODE("ssh_bastion_interactive", BOOL, .unsupported = true,
		.no_ingredient = true),
	DECODE("ssh_bastion_password", TEXT, .secret = true,
		.no_ingredient = true),
	DECODE("ssh_bastion_port", INTEGER, .no_ingredient = true),
	DECODE("ssh_bastion_private_key_file", TEXT, .no_ingredient = true),
	DECODE("ssh_bastion_username", TEXT, .no_ingredient = true),
	DECODE("ssh_certificate_file", TEXT, .no_ingredient = true),
	DECODE("ssh_ciphers", TEXTS, .no_ingredient = true),
	DECODE("ssh_clear_authorized_keys", BOOL),
	DECODE("ssh_disable_agent_forwarding", BOOL),
	DECODE("ssh_file_transfer_method", TEXT, .no_ingredient = true),
	DECODE("ssh_handshake_attempts", INTEGER, .no_ingredient = true),
	DECODE("ssh_host", TEXT, .no_ingredient = true),
	DECODE("ssh_keep_alive_interval", DURATION, .no_ingredient = true),
	DECODE("ssh_key_exchange_algorithms", TEXTS, .no_ingredient = true),
	DECODE("ssh_keypair_name", TEXT, .no_ingredient = true),
	DECODE("ssh_local_tunnels", TEXTS, .unsupported = true),
	DECODE("ssh_password", TEXT, .secret = true, .no_ingredient = true),
	DECODE("ssh_port", INTEGER, .no_ingredient = true),
	DECODE("ssh_private_key", TEXT, .unsupported = true, .secret = true,
		.no_ingredient = true),
	DECODE("ssh_private_key_file", TEXT, .no_ingredient = true),
	DECODE("ssh_proxy_host", TEXT, .unsupported = true,
		.no_ingredient = true),
	DECODE("ssh_proxy_password", TEXT, .secret = true,
		.no_ingredient = true),
	DECODE("ssh_proxy_port", INTEGER, .no_ingredient = true),
	DECODE("ssh_proxy_username", TEXT, .no_ingredient = true),
	DECODE("ssh_pty", BOOL),
	DECODE("ssh_public_key", TEXT, .unsupported = true),
	DECODE("ssh_read_write_timeout", DURATION, .no_ingredient = true),
	DECODE("ssh_remote_tunnels", TEXTS, .unsupported = true),
	DECODE("ssh_timeout", DURATION, .no_ingredient = true),
	DECODE("ssh_username", TEXT),
	DECODE("ssh_wait_timeout", DURATION, .no_ingredient = true),
	DECODE("temporary_key_pair_bits", INTEGER, .no_ingredient = true),
	DECODE("temporary_key_pair_name", TEXT, .no_ingredient = true),
	DECODE("temporary_key_pair_type", TEXT, .no_ingredient = true),
	DECODE("winrm_host", TEXT),
	DECODE("winrm_insecure", BOOL),
	DECODE("winrm_no_proxy", BOOL),
	DECODE("winrm_password", TEXT, .secret = true),
	DECODE("winrm_port", INTEGER),
	DECODE("winrm_timeout", DURATION),
	DECODE("winrm_use_ntlm", BOOL),
	DECODE("winrm_use_ssl", BOOL),
	DECODE("winrm_username", TEXT),
	DECODE_END,
};

static int no_passphrase(const char *prompt, char *text, size_t length,
	int echo, int verify, void *context)
{
	(void)prompt;
	(void)text;
	(void)length;
	(void)echo;
	(void)verify;
	(void)context;
	return -1;
}

/* The path of a key file, which must be one that can be read. */
static const char *check_key(
	struct template_scope *scope, const cJSON *options, const char *option)
{
	const char *given = decoded_text(options, option), *path;
	struct stat status;
	ssh_key key = NULL;
	char *expanded;

	if (!given)
		return NULL;
	expanded = file_expand_home(given);
	path = pool_copy(scope->job->pool, expanded);
	mem_free(expanded);
	if (stat(path, &status) < 0)
		template_error(scope, "%s: cannot read %s: %s", option, path,
			strerror(errno));
	else if (!S_ISREG(status.st_mode))
		template_error(scope, "%s: %s is no file", option, path);
	else if (ssh_pki_import_privkey_file(
			 path, NULL, no_passphrase, NULL, &key) != SSH_OK)
		template_error(scope,
			"%s: %s is no private key without a passphrase; use "
			"ssh_agent_auth for one with a passphrase",
			option, path);
	ssh_key_free(key);
	return path;
}

/* [bind:]port:host:port */
static bool is_tunnel(const char *text)
{
	size_t parts = 1, port;

	for (const char *p = text; *p; p++)
		parts += *p == ':';
	if (parts == 4)
		text += strcspn(text, ":") + 1;
	else if (parts != 3)
		return false;
	port = strspn(text, "0123456789");
	text = strrchr(text, ':') + 1;
	return port && *text && text[strspn(text, "0123456789")] == 0;
}

static void check_tunnels(
	struct template_scope *scope, const cJSON *options, const char *option)
{
	json_each (tunnel, decoded_list(options, option)) {
		if (!is_tunnel(tunnel->valuestring))
			template_error(scope,
				"%s: \"%s\" must be \"[bind:]port:host:port\"",
				option, tunnel->valuestring);
	}
}

static void check_bastion(struct template_scope *scope, const cJSON *options)
{
	if (!decoded_text(options, "ssh_bastion_host"))
		return;
	if (decoded_text(options, "ssh_proxy_host"))
		template_error(scope, "ssh_bastion_host and ssh_proxy_host "
				      "exclude each other; take one out");
	if (!decoded_bool(options, "ssh_bastion_agent_auth") &&
		!decoded_text(options, "ssh_bastion_password") &&
		!decoded_text(options, "ssh_bastion_private_key_file") &&
		!decoded_text(options, "ssh_private_key_file"))
		template_error(scope,
			"ssh_bastion_host needs ssh_bastion_password, "
			"ssh_bastion_private_key_file or "
			"ssh_bastion_agent_auth");
}

static int64_t port(
	struct template_scope *scope, const cJSON *options, const char *option)
{
	int64_t number = decoded_integer(options, option, 22);

	if (number < 1 || number > 65535)
		template_unsupported(scope, "%s: there is no port %lld", option,
			(long long)number);
	return number;
}

static void fill_bastion(struct template_scope *scope, const cJSON *options,
	struct recipe *recipe)
{
	struct login_route *bastion = &recipe->bastion;

	bastion->host = decoded_text(options, "ssh_bastion_host");
	if (!bastion->host)
		return;
	bastion->private_key_file =
		check_key(scope, options, "ssh_bastion_private_key_file");
	bastion->port = port(scope, options, "ssh_bastion_port");
	bastion->username = decoded_text(options, "ssh_bastion_username");
	bastion->password = decoded_text(options, "ssh_bastion_password");
	bastion->certificate_file =
		decoded_text(options, "ssh_bastion_certificate_file");
	bastion->agent = decoded_bool(options, "ssh_bastion_agent_auth");
	if (!bastion->private_key_file && !bastion->certificate_file)
		bastion->certificate_file = recipe->ssh.certificate_file;
	if (!bastion->private_key_file)
		bastion->private_key_file = recipe->ssh.private_key_file;
	if (!bastion->username)
		bastion->username = recipe->ssh.username;
}

static void fill_times(const cJSON *options, struct recipe *recipe)
{
	int64_t interval =
		decoded_integer(options, "ssh_keep_alive_interval", 5 * SECOND);

	recipe->ssh_keep_alive = interval > 0 ? interval : 0;
	recipe->ssh_timeout = decoded_integer(options, "ssh_wait_timeout",
		decoded_integer(options, "ssh_timeout", 300 * SECOND));
	recipe->pause_before_connecting =
		decoded_integer(options, "pause_before_connecting", 0);
	recipe->ssh_handshake_attempts =
		decoded_integer(options, "ssh_handshake_attempts", 10);
	recipe->ssh_read_write_timeout =
		decoded_integer(options, "ssh_read_write_timeout", 0);
}

static void check_ssh(struct template_scope *scope, const cJSON *options)
{
	const char *method = decoded_text(options, "ssh_file_transfer_method");

	if (method && !template_listed("scp|sftp", method))
		template_error(scope,
			"ssh_file_transfer_method must be scp or sftp, not "
			"\"%s\"",
			method);
	check_bastion(scope, options);
	check_tunnels(scope, options, "ssh_local_tunnels");
	check_tunnels(scope, options, "ssh_remote_tunnels");
}

void template_ssh(struct template_scope *scope, const cJSON *options,
	bool root_by_default, struct recipe *recipe)
{
	struct login_route *ssh = &recipe->ssh;

	ssh->host = decoded_text(options, "ssh_host");
	ssh->port = port(scope, options, "ssh_port");
	ssh->username = decoded_text(options, "ssh_username");
	ssh->password = decoded_text(options, "ssh_password");
	ssh->private_key_file =
		check_key(scope, options, "ssh_private_key_file");
	ssh->certificate_file = decoded_text(options, "ssh_certificate_file");
	ssh->agent = decoded_bool(options, "ssh_agent_auth");
	if (!ssh->username && root_by_default)
		ssh->username = "root";
	if (!ssh->username)
		template_error(scope, "ssh_username is missing; on most images "
				      "it is \"root\"");
	check_ssh(scope, options);
	fill_bastion(scope, options, recipe);
	fill_times(options, recipe);
	recipe->ssh_keypair_name = decoded_text(options, "ssh_keypair_name");
	recipe->ssh_ciphers = decoded_list(options, "ssh_ciphers");
	recipe->ssh_key_exchange =
		decoded_list(options, "ssh_key_exchange_algorithms");
	recipe->ssh_pty = decoded_bool(options, "ssh_pty");
}
