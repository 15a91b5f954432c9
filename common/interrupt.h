/* SPDX-License-Identifier: Apache-2.0 */
/*
 * interrupt - SIGINT, SIGTERM and SIGHUP as a flag.
 *
 * A signal ends nothing by itself: whoever waits looks at the flag or polls
 * the descriptor, stops what it is doing and returns, so that what was made
 * can be undone and the one JSON object still be printed.
 */
#ifndef COMMON_INTERRUPT_H
#define COMMON_INTERRUPT_H

#include <stdbool.h>

/* At the start. SIGPIPE is ignored from then on. A SIGHUP that whoever started
 * us has had ignored (nohup) stays so; a SIGINT does not, since shells ignore
 * it for whatever they start in the background. */
void interrupt_catch(void);

/* From now on, when those who started us are gone, it is as if SIGHUP had come,
 * once: our parent, or each process from it up to the Ansible program whose
 * module we are; or the reader of our output. */
void interrupt_watch_parents(void);
void interrupt_unwatch_parents(void);

/* As if this signal had come. */
void interrupt_raise(int signal);

/* The signal that came since the start or the last interrupt_clear(), or 0. */
int interrupt_signal(void);

/* Becomes readable when a signal comes and stays so until interrupt_clear();
 * -1 before interrupt_catch(), and while signals are held. */
int interrupt_descriptor(void);

/* Forgets the signal, so that what must still be done (undoing) can wait. */
void interrupt_clear(void);

/* From now on none seems to have come: what must be done before anybody looks
 * is not cut short. What comes meanwhile, be it the end of a parent, counts
 * when it is released, or is forgotten then. */
void interrupt_hold(void);
void interrupt_release(bool counts);

/* From now on they do nothing, nor does the end of a parent: what is left is to
 * print the result, which a signal would cut. */
void interrupt_ignore(void);

#endif
