/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recipe - how an image is baked, whoever wrote it down: a Packer template or
 * the options of a task.
 *
 * Plain data, checked, with defaults filled in. Everything lives in one pool;
 * times are milliseconds; what was not said is NULL, 0 or false. Names are
 * Packer's (packer.md).
 */
#ifndef COMMON_BAKE_RECIPE_H
#define COMMON_BAKE_RECIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/json.h"

enum provisioner_type {
	PROVISIONER_SHELL,
	PROVISIONER_FILE,
	PROVISIONER_SHELL_LOCAL,
};

/* How a script of `shell' is run where the step does not say; the second one
 * with use_env_var_file. */
#define SCRIPT_EXECUTE      "chmod +x {{.Path}}; {{.Vars}} {{.Path}}"
#define SCRIPT_EXECUTE_FILE "chmod +x {{.Path}}; . {{.EnvVarFile}} && {{.Path}}"

/* One step of provisioning. A text marked (late) is a Go template that
 * late_render() completes when the server is there. */
struct provisioner {
	enum provisioner_type type;
	const char *label; /* "provisioner 2 (shell)", for messages */
	int64_t pause_before, pause_after;
	int64_t timeout; /* of one try; 0: none */
	int64_t max_retries;

	/* shell, shell-local: one of the first two */
	const cJSON *lines;          /* `inline', one script (late) */
	const cJSON *scripts;        /* local paths */
	const char *inline_shebang;  /* without #! */
	const cJSON *environment;    /* ["KEY=VALUE"] (late) */
	const char *env_var_format;  /* one %s for the key, one for the value */
	const char *execute_command; /* (late) .Path .Vars .EnvVarFile */
	const cJSON *execute_words;  /* argv of shell-local (late) .Vars .Script
				      */
	const cJSON *valid_exit_codes; /* list of numbers */
	/* shell */
	bool use_env_var_file, binary, skip_clean, expect_disconnect;
	int64_t start_retry_timeout;
	const char *remote_path; /* or NULL: remote_folder/remote_file */
	const char *remote_folder, *remote_file; /* file NULL: a random name */
	/* shell-local */
	const char *tempfile_extension; /* or "" */
	bool not_here; /* `only_on' leaves this system out: skip it */

	/* file (late) */
	const cJSON *sources;
	const char *destination;
	bool download;
};

/* How to log in (packer.md 3). */
struct login_route {
	const char *host; /* where the address is not to be looked for */
	int64_t port;
	const char *username, *password;
	const char *private_key_file, *certificate_file; /* paths */
	bool agent;
};

struct recipe {
	const char *builder; /* its name in the template, else "rax_image" */
	bool bakes_nothing;  /* a builder of type null: can be validated only */

	const char *image_name;
	const cJSON *image_metadata; /* texts */
	const char *manifest;        /* a file to append to, or NULL */
	bool manifest_strip_time;
	const cJSON *manifest_custom_data;

	/* exactly one of these: an id (or, from a task, a name); an exact
	 * name; the newest or only one that matches */
	const char *source_image, *source_image_name;
	const cJSON *source_filter; /* {"name", "owner", "tags", "visibility",
				       "properties"} */
	bool most_recent;
	const char *flavor; /* id or name */
	const char *instance_name;
	const cJSON *instance_metadata; /* texts */
	const cJSON *networks;          /* ids or labels */
	const char *user_data;          /* text; files are read already */
	const char *availability_zone;
	bool config_drive, rackconnect_wait;

	struct login_route ssh, bastion; /* bastion.host NULL: none */
	const char *host_key;            /* the server's: a public key line or
					    "SHA256:..."; NULL: not known */
	const char *ssh_keypair_name;
	const char *ssh_interface; /* label of a network */
	int64_t ssh_ip_version;    /* 4, 6; 0: either */
	int64_t ssh_timeout, pause_before_connecting;
	int64_t ssh_handshake_attempts;
	int64_t ssh_keep_alive;                      /* 0: off */
	int64_t ssh_read_write_timeout;              /* 0: off */
	const cJSON *ssh_ciphers, *ssh_key_exchange; /* names, or NULL */
	bool ssh_pty;

	struct provisioner *provisioners;
	size_t count;
	struct provisioner *cleanup; /* error-cleanup-provisioner, or NULL */

	/* Who pays, where the template says it: members of the module's
	 * options, {"username", "api_key" or "password", "auth_endpoint",
	 * "region"}. */
	const cJSON *login;
	/* What goes into the digest besides source image and flavor: rendered
	 * texts, in which what is new each time (timestamp, uuid) is a fixed
	 * word, and in place of each path of a provisioner the SHA-256 of what
	 * is there: {"builder", "provisioners", "variables"}, members in the
	 * order of their keys, so that its JSON text can be hashed. */
	const cJSON *ingredients;
	/* [{"path", "contents": see contents.h}]: those files. */
	const cJSON *files;
	const cJSON *secrets; /* list of texts that no output may show; grows
			       */
};

#endif
