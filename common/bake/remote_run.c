/* SPDX-License-Identifier: Apache-2.0 */
/* A command's output as lines. */
#include <string.h>

#include "common/bake/pieces.h"
#include "common/bake/remote_inside.h"
#include "common/mem.h"

/* One stream. A CR ends a line, too, since progress is shown so, but no empty
 * one, and an LF behind it belongs to it. */
struct stream {
	struct pieces pieces;
	bool ended; /* by the CR just seen */
};

struct lines {
	const struct remote_command *command;
	struct stream streams[2];
	size_t given; /* of the input */
};

static void add(struct stream *stream, char byte)
{
	struct pieces *pieces = &stream->pieces;
	bool ended = stream->ended, begun = pieces_begun(pieces);

	stream->ended = byte == '\r' && (ended || begun);
	if (byte == '\n' ? !ended : byte == '\r' && begun)
		pieces_end(pieces);
	else if (byte != '\n' && byte != '\r')
		pieces_add(pieces, byte ? byte : '?');
}

static int split(void *context, bool is_error, const char *bytes, size_t length,
	struct err *e)
{
	struct lines *lines = context;

	(void)e;
	for (size_t i = 0; lines->command->line && i < length; i++)
		add(&lines->streams[is_error], bytes[i]);
	return 0;
}

static ssize_t give_input(
	void *context, char *bytes, size_t size, struct err *e)
{
	struct lines *lines = context;
	const struct remote_command *command = lines->command;
	size_t left = command->input_length - lines->given;

	(void)e;
	size = left < size ? left : size;
	if (size)
		memcpy(bytes, command->input + lines->given, size);
	lines->given += size;
	return (ssize_t)size;
}

int remote_run(struct remote *remote, const struct remote_command *command,
	int64_t deadline, struct remote_end *end, struct err *e)
{
	struct lines *lines = mem_new(sizeof(*lines));
	struct remote_exec exec = { .text = command->text,
		.pty = remote->wish.recipe->ssh_pty && !command->no_terminal,
		.fill = command->input ? give_input : NULL,
		.take = split,
		.context = lines };
	int rc;

	lines->command = command;
	for (int i = 0; i < 2; i++)
		lines->streams[i].pieces =
			(struct pieces){ .line = command->line,
				.context = command->context,
				.is_error = i == 1,
				.secrets = remote->wish.recipe->secrets };
	rc = remote_exec(remote, &exec, deadline, end, e);
	for (int i = 0; i < 2; i++) {
		if (pieces_begun(&lines->streams[i].pieces))
			pieces_end(&lines->streams[i].pieces);
		pieces_forget(&lines->streams[i].pieces);
	}
	mem_free(lines);
	return rc;
}
