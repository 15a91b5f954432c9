/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/proxy_config.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/resource.h>

#define CONNECTIONS_MAX 10000
#define OWN_DESCRIPTORS 100

/* Each connection has two descriptors; HAProxy refuses to start when it may
 * not have as many as its configuration asks for. */
static unsigned long connections(void)
{
	struct rlimit limit;
	unsigned long most;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 400;
	most = limit.rlim_max > OWN_DESCRIPTORS * 2
		       ? (limit.rlim_max - OWN_DESCRIPTORS) / 2
		       : OWN_DESCRIPTORS;
	return most < CONNECTIONS_MAX ? most : CONNECTIONS_MAX;
}

void proxy_config_name(struct proxy_server *server, unsigned long serial)
{
	server->serial = serial;
	snprintf(server->name, sizeof(server->name), "n%lld.%lu",
		(long long)server->is.id, serial);
}

/* " name address:port id N weight N backup". HAProxy 2.6 would choose the id
 * of a server that is added too late for "balance random", which then never
 * asks some of them. */
static void add_server(
	struct str *text, const struct proxy_server *server, uint16_t nowhere)
{
	const struct proxy_node *node = &server->is;
	struct in_addr in;
	bool here = inet_pton(AF_INET, node->address, &in) == 1 &&
		    ntohl(in.s_addr) >> 24 == 127;

	str_addf(text, "%s %s:%u id %lu weight %d%s", server->name,
		here ? node->address : "127.0.0.1",
		(unsigned int)(here ? node->port : nowhere), server->serial,
		node->weight, node->backup ? " backup" : "");
}

/* A connection to the node for each request: one that idles could be closed by
 * the node in the moment in which it is used again, and retries are off. */
static void add_http(struct str *text, const struct proxy_plan *plan)
{
	str_add(text, " option http-server-close\n");
	if (plan->cookie)
		str_add(text, " cookie X-Mapping insert indirect nocache "
			      "dynamic\n"
			      " dynamic-cookie-key simcloud\n");
}

void proxy_config(struct str *text, const struct proxy_plan *plan,
	const struct proxy_server *servers, int listener, int control,
	uint16_t nowhere)
{
	bool http = plan->mode == PROXY_HTTP;

	str_addf(text,
		"global\n nbthread 1\n maxconn %lu\n"
		" stats socket fd@%d level admin\n",
		connections(), control);
	str_addf(text,
		"defaults\n mode %s\n timeout connect 5s\n"
		" timeout client %ds\n timeout server %ds\n retries 0\n",
		http ? "http" : "tcp", plan->timeout, plan->timeout);
	str_addf(text, "frontend f\n bind fd@%d\n default_backend b\n",
		listener);
	if (http)
		str_add(text, " option forwardfor\n"
			      " option idle-close-on-response\n");
	str_addf(text, "backend b\n balance %s\n option allbackups\n",
		plan->balance);
	if (http)
		add_http(text, plan);
	for (const struct proxy_server *s = servers; s; s = s->next) {
		str_add(text, " server ");
		add_server(text, s, nowhere);
		str_add(text,
			s->is.state == PROXY_READY ? "\n" : " disabled\n");
	}
}

void proxy_config_add(
	struct str *text, const struct proxy_server *server, uint16_t nowhere)
{
	str_add(text, "add server b/");
	add_server(text, server, nowhere);
}

void proxy_config_state(struct str *text, const struct proxy_server *server)
{
	static const char *const words[] = { [PROXY_READY] = "ready",
		[PROXY_DRAIN] = "drain",
		[PROXY_AWAY] = "maint",
		[PROXY_CUT] = "maint" };

	str_addf(text, "set server b/%s state %s", server->name,
		words[server->is.state]);
	if (server->is.state == PROXY_CUT)
		str_addf(text, "; shutdown sessions server b/%s", server->name);
}
