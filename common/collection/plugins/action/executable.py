# SPDX-License-Identifier: Apache-2.0
"""Runs a module as Ansible does, and says what is wrong where it cannot start.

The modules are executables: on a machine of another kind, or without their
libraries, nothing of theirs can say so. meta/runtime.yml names this for all.
"""

from __future__ import annotations

import pathlib

from ansible.plugins.action.normal import ActionModule as Normal

BUILT_FOR = pathlib.Path(__file__).parents[2] / 'meta' / 'built_for'

# Of the shell, where the file is none that can be run (126) or its loader or a
# library is missing (127), and of the loader, where a library is too old.
NOT_STARTED = (126, 127, 1)


class ActionModule(Normal):

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        said = self._why_not_started(result)
        if said:
            kind = self._low_level_execute_command('uname -sm').get('stdout', '').strip()
            result['msg'] = '{0} does not run on {1} ({2}): {3}. {4}, or delegate the task to another'.format(
                self._task.action, (task_vars or {}).get('inventory_hostname', 'this host'),
                kind or 'a machine of an unknown kind', said, self._what_to_do(result['rc'], said))
        return result

    @staticmethod
    def _what_to_do(rc, said):
        # The copy has its x bit, so it is the place that forbids.
        if rc == 126 and 'Permission denied' in said:
            return ('The directory into which Ansible copies it is mounted noexec, it seems: name another in'
                    ' ansible_remote_tmp, or, where the task becomes another user, in the list ansible_system_tmpdirs')
        return ('It was built for {0}. Install what is missing, or the rackspace.cloud that was built for such a'
                ' machine'.format(BUILT_FOR.read_text().strip()))

    @staticmethod
    def _why_not_started(result):
        """What was said in place of a result, which a module that has started prints also when it fails."""
        if result.get('rc') not in NOT_STARTED:
            return None
        # Over SSH all comes as output, since there is a terminal.
        lines = (result.get('module_stdout', '') + '\n' + result.get('module_stderr', '')).splitlines()
        if any(line.lstrip().startswith('{') for line in lines):
            return None
        # What comes before is the path of the copy that was to run.
        said = [line.partition('AnsiballZ_')[2].strip() for line in lines if 'AnsiballZ_' in line]
        return said[-1] if said else None
