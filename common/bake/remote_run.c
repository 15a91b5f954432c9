/* SPDX-License-Identifier: Apache-2.0 */
/* A command's output as lines. */
#include <string.h>

#include "common/bake/remote_inside.h"
#include "common/mem.h"

#define PIECE 8192

/* One stream. A CR ends a line, too, since progress is shown so, but no empty
 * one, and an LF behind it belongs to it. */
struct stream {
	char line[PIECE + 2];
	size_t length;
	bool ended; /* by the CR just seen */
};

struct lines {
	const struct remote_command *command;
	struct stream streams[2];
	size_t given; /* of the input */
};

static void give(struct lines *lines, bool is_error, size_t length)
{
	struct stream *stream = &lines->streams[is_error];
	char kept = stream->line[length];

	stream->line[length] = '\0';
	lines->command->line(lines->command->context, is_error, stream->line);
	stream->line[length] = kept;
	stream->length -= length;
	memmove(stream->line, stream->line + length, stream->length);
}

static void add(struct lines *lines, bool is_error, char byte)
{
	struct stream *stream = &lines->streams[is_error];
	bool ended = stream->ended;
	size_t cut;

	stream->ended = false;
	if (byte == '\n') {
		if (!ended)
			give(lines, is_error, stream->length);
		return;
	}
	if (byte == '\r') {
		stream->ended = ended || stream->length;
		if (stream->length)
			give(lines, is_error, stream->length);
		return;
	}
	stream->line[stream->length++] = byte ? byte : '?';
	if (stream->length <= PIECE)
		return;
	stream->line[stream->length] = '\0';
	cut = str_whole(stream->line, PIECE);
	/* What is no UTF-8 is cut anywhere. */
	give(lines, is_error, cut > PIECE - 4 ? cut : PIECE);
}

static int split(void *context, bool is_error, const char *bytes, size_t length,
	struct err *e)
{
	struct lines *lines = context;

	(void)e;
	for (size_t i = 0; lines->command->line && i < length; i++)
		add(lines, is_error, bytes[i]);
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
		.pty = remote->wish.recipe->ssh_pty,
		.fill = command->input ? give_input : NULL,
		.take = split,
		.context = lines };
	int rc;

	lines->command = command;
	rc = remote_exec(remote, &exec, deadline, end, e);
	for (int i = 0; i < 2; i++)
		if (command->line && lines->streams[i].length)
			give(lines, i, lines->streams[i].length);
	explicit_bzero(lines, sizeof(*lines));
	mem_free(lines);
	return rc;
}
