/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, where the server is, and the login. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/bake/bake_part.h"
#include "common/bake/template.h"
#include "common/censor.h"
#include "common/server.h"
#include "common/str.h"

#define AUTOMATION_PAUSE 2000

static int save_private_key(const char *path, const char *text, struct err *e)
{
	int descriptor = open(path,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	size_t length = strlen(text);
	ssize_t written;

	if (descriptor < 0)
		return err_set(e, ERR_OTHER,
			"cannot save the private key: %s: %s; name a file that "
			"is not there yet",
			path, strerror(errno));
	written = write(descriptor, text, length);
	if (close(descriptor) == 0 && written == (ssize_t)length)
		return 0;
	err_set(e, ERR_OTHER, "cannot save the private key: %s: %s", path,
		strerror(written < 0 ? errno : ENOSPC));
	unlink(path);
	return -1;
}

int bake_make_keys(struct bake *b, struct err *e)
{
	if (bake_needs_keypair(b)) {
		if (remote_key_new(&b->key, e) < 0)
			return err_add(e, "making a key pair");
		censor_add_lines(b->task->cloud->secrets, b->key.private_key);
		if (b->wish->save_private_key &&
			save_private_key(b->wish->save_private_key,
				b->key.private_key, e) < 0)
			return -1;
		b->key_is_saved = b->wish->save_private_key != NULL;
	}
	if (b->recipe->host_key || b->recipe->user_data)
		return 0;
	if (remote_key_new(&b->host_key, e) < 0)
		return err_add(e, "making a host key");
	censor_add_lines(b->task->cloud->secrets, b->host_key.private_key);
	return 0;
}

static const char *address_in(
	const cJSON *addresses, const char *label, int64_t version)
{
	json_each (entry, json_member(addresses, label)) {
		if (json_int(entry, "version", 4) == version)
			return json_str(entry, "addr");
	}
	return NULL;
}

struct choice {
	const char *address;
	const char *reason;
	const char *label; /* of the network, behind the reason; or NULL */
};

static struct choice choose_in(
	const cJSON *addresses, const char *label, int64_t version)
{
	struct choice c = { .label = label };

	if (version != 6) {
		c.address = address_in(addresses, label, 4);
		c.reason = "the IPv4 address of network ";
	}
	if (!c.address && version != 4) {
		c.address = address_in(addresses, label, 6);
		c.reason = "the IPv6 address of network ";
	}
	return c;
}

/* IPv4 of the public network unless something else is asked for: packer.md
 * 4.4; what is reached over another network says so with ssh_interface. */
static struct choice choose(const struct recipe *r, const cJSON *server)
{
	const cJSON *addresses = json_member(server, "addresses");
	const char *access = json_str(server, "accessIPv4");
	struct choice c;

	if (r->ssh.host)
		return (struct choice){ .address = r->ssh.host,
			.reason = "ssh_host" };
	if (r->ssh_interface)
		return choose_in(
			addresses, r->ssh_interface, r->ssh_ip_version);
	if (access && *access && r->ssh_ip_version != 6)
		return (struct choice){ .address = access,
			.reason = "the server's accessIPv4" };
	c = choose_in(addresses, "public", r->ssh_ip_version);
	json_each (network, addresses) {
		if (!c.address)
			c = choose_in(
				addresses, network->string, r->ssh_ip_version);
	}
	return c;
}

int bake_find_address(struct bake *b, struct err *e)
{
	const struct recipe *r = b->recipe;
	struct choice c = choose(r, b->server->object);
	char *addresses;

	if (!c.address) {
		addresses =
			json_text(json_member(b->server->object, "addresses"));
		err_set(e, ERR_OTHER,
			"%s has no address to log in to%s%s: it has %s. Name "
			"another network with ssh_interface, or change "
			"ssh_ip_version",
			b->server->thing,
			r->ssh_interface ? " in network " : "",
			r->ssh_interface ? r->ssh_interface : "", addresses);
		mem_free(addresses);
		return -1;
	}
	b->address = pool_copy(b->task->pool, c.address);
	b->address_reason =
		c.label ? pool_printf(b->task->pool, "%s%s", c.reason, c.label)
			: c.reason;
	return 0;
}

/* servers.md A9; case was seen to differ. */
static const struct {
	const char *status;
	int verdict;
} automation[] = {
	{ "DEPLOYED", 1 },
	{ "UNPROCESSABLE", 1 },
	{ "FAILED", -1 },
};

static int automation_verdict(const char *status)
{
	for (size_t i = 0; i < sizeof(automation) / sizeof(*automation); i++)
		if (status && strcasecmp(status, automation[i].status) == 0)
			return automation[i].verdict;
	return 0;
}

/* The addresses change when it is done. */
int bake_await_automation(struct bake *b, struct err *e)
{
	struct task *t = b->task;
	int64_t since = cloud_now(t->cloud);

	for (;;) {
		const char *status;
		int verdict;

		if (server_get(t, b->server->id, &b->server->object, e) < 0) {
			if (!bake_try_again(b, since, e))
				return -1;
			continue;
		}
		status = json_str(b->server->object,
			"metadata.rackconnect_automation_status");
		verdict = automation_verdict(status);
		if (verdict > 0)
			return 0;
		if (verdict < 0)
			return err_set(e, ERR_OTHER,
				"RackConnect could not set up %s (its metadata "
				"say rackconnect_automation_status: %s); ask "
				"Rackspace",
				b->server->thing, status);
		if (cloud_now(t->cloud) >= t->wait_until)
			return err_set(e, ERR_TIME,
				"RackConnect has not set up %s in time "
				"(rackconnect_automation_status: %s); raise "
				"wait_timeout, or leave out rackconnect_wait "
				"where the account has no RackConnect v2",
				b->server->thing,
				status ? status : "not there");
		if (cloud_pause(t->cloud, AUTOMATION_PAUSE, e) < 0)
			return -1;
	}
}

static struct remote *new_remote(struct bake *b)
{
	const char *known = b->recipe->host_key ? b->recipe->host_key
						: b->host_key.public_key;
	const char **keys = pool_alloc(b->task->pool, 2 * sizeof(*keys));

	keys[0] = known;
	return remote_new(&(struct remote_wish){ .recipe = b->recipe,
		.address = b->address,
		.private_key = b->key.private_key,
		.host_keys = keys,
		.or_first = !b->recipe->host_key,
		.idle = bake_watch,
		.context = b });
}

static void tell_trust(struct bake *b)
{
	if (remote_trust(b->remote) != REMOTE_TRUST_FIRST)
		return;
	task_warn(b->task,
		"The host key of %s was not known before: %s was pinned at its "
		"first use. %s; give host_key to be sure of the server.",
		b->address, remote_fingerprint(b->remote),
		b->host_key.public_key
			? "The image did not take the key that was injected"
			: "With user_data of your own no key is injected");
}

static void set_facts(struct bake *b)
{
	const struct recipe *r = b->recipe;
	cJSON *facts = pool_keep(b->task->pool,
		json_object(JSON_STR("ID", b->server->id),
			JSON_STR("Host", b->address),
			JSON_STR("User", r->ssh.username),
			JSON_STR("Password",
				r->ssh.password ? r->ssh.password : ""),
			JSON_STR("ConnType", "ssh"),
			JSON_STR("PackerRunUUID", b->mark.run),
			JSON_STR("SSHPublicKey",
				b->key.public_key ? b->key.public_key : ""),
			JSON_STR("SSHPrivateKey",
				b->key.private_key ? b->key.private_key : "")));

	json_set_str(facts, "Port",
		pool_printf(b->task->pool, "%lld", (long long)r->ssh.port));
	b->provisioning.facts = facts;
}

int bake_log_in(struct bake *b, struct err *e)
{
	const struct recipe *r = b->recipe;
	int64_t left = b->task->wait_until - cloud_now(b->task->cloud);
	int64_t limit = r->ssh_timeout < left ? r->ssh_timeout : left;
	int64_t deadline = remote_now() + limit;

	b->remote = new_remote(b);
	if (remote_connect(b->remote, deadline, e) < 0)
		return -1;
	if (r->pause_before_connecting > 0 &&
		(cloud_pause(b->task->cloud, r->pause_before_connecting, e) <
				0 ||
			remote_connect(b->remote, deadline, e) < 0))
		return -1;
	tell_trust(b);
	set_facts(b);
	return 0;
}
