# SPDX-License-Identifier: Apache-2.0
"""An overlay of community.general in which the rax modules are rackspace.cloud's.

  overlay.py check|make DEST [FROM]

It holds links to all that the real collection has, but for a copy of its
meta/runtime.yml in which our names lead to us. `check' only tells whether it
can be made. Of what FROM has named it is made again without FROM, too.
"""

import os
import pathlib
import shlex
import shutil
import sys

import yaml

from ansible import constants

NAME = pathlib.Path('ansible_collections/community/general')
OURS = pathlib.Path('ansible_collections/rackspace/cloud')

# The file by which an overlay is known, and its line that says of what, which
# Ansible has found or FROM has named.
MARK = 'OVERLAY'
OF = 'Overlay of: '
OF_NAMED = 'Overlay, as FROM says, of: '
NOTHING = 'no other collection'
NOTE = '''{of}{real}
These are links to that collection, and a copy of its meta/runtime.yml in which
{names}
are those of rackspace.cloud.
After an upgrade of community.general, `make overlay' makes it again.
To be rid of it, delete this directory, and ../../rackspace/cloud.
'''


def absolute(path):
    return pathlib.Path(os.path.abspath(os.path.expanduser(path)))


def is_overlay(directory):
    return (directory / MARK).is_file()


def searched():
    """The collections paths of Ansible, in its order."""
    for path in list(constants.COLLECTIONS_PATHS) + sys.path:
        path = absolute(path)
        yield path.parent if path.name == 'ansible_collections' else path


def recorded(overlay):
    """Of what the overlay is that is there already, or None, and whether FROM has named that."""
    first = (overlay / MARK).read_text().splitlines()[0] if is_overlay(overlay) else OF + NOTHING
    named = first.startswith(OF_NAMED)
    real = first[len(OF_NAMED if named else OF):]
    return None if real == NOTHING else pathlib.Path(real), named


def is_named(directory):
    """Whether it says that it is community.general, as a checkout does whatever its directory is called."""
    for file in 'galaxy.yml', 'MANIFEST.json':
        try:
            said = yaml.safe_load((directory / file).read_text(encoding='utf-8'))
        except (OSError, ValueError, yaml.YAMLError):
            continue
        if isinstance(said, dict):
            said = said.get('collection_info', said)
        if isinstance(said, dict) and (said.get('namespace'), said.get('name')) == NAME.parts[-2:]:
            return True
    return False


def is_general(directory):
    """Whether it is a community.general, and the real one. It may be a link to one."""
    return ((directory / 'meta/runtime.yml').is_file() and not is_overlay(directory)
            and (directory.parts[-2:] == NAME.parts[-2:] or is_named(directory)))


def find_real(overlay, given):
    """The real community.general, or None where there is none, and whether FROM has named it, now or before.

    Links are kept: it may be another one tomorrow that they lead to.
    """
    was, named = recorded(overlay)
    if given:
        path = absolute(given)
        candidates = [path, path / NAME, path / pathlib.Path(*NAME.parts[1:])]
    else:
        before = [was] if was else []
        found = [path / NAME for path in searched()]
        candidates = before + found if named else found + before
    for directory in candidates:
        if is_general(directory):
            return directory, bool(given) or (named and directory == was)
    if given:
        sys.exit('There is no community.general in ' + given)
    if was:
        sys.exit('The overlay in {0} is of {1}, which is no community.general any more, and Ansible finds none'
                 ' elsewhere: say FROM=, a collections path, or remove the overlay first'.format(overlay, was))
    return None, False


def check(destination, overlay):
    if destination.exists() and not destination.is_dir():
        sys.exit('{0} is no directory'.format(destination))
    if destination.name == 'ansible_collections':
        sys.exit('DEST is a collections path, in which ansible_collections is made: say {0}'.format(destination.parent))
    if overlay.exists() and not is_overlay(overlay):
        sys.exit('{0} is a collection itself, which is not touched: move it to a collections path that'
                 ' comes later, or say another DEST'.format(overlay))


def routes(real, names):
    """What meta/runtime.yml says, with our names leading to us."""
    loader = getattr(yaml, 'CSafeLoader', yaml.SafeLoader)
    runtime = {}
    if real:
        with open(real / 'meta/runtime.yml', encoding='utf-8') as file:
            runtime = yaml.load(file, loader) or {}
    modules = runtime.setdefault('plugin_routing', {}).setdefault('modules', {})
    modules.update({name: {'redirect': 'rackspace.cloud.' + name} for name in names})
    return runtime


def fill(directory, real, named, names):
    (directory / 'meta').mkdir(parents=True)
    for entry in real.iterdir() if real else []:
        if entry.name != 'meta':
            (directory / entry.name).symlink_to(entry)
    for entry in (real / 'meta').iterdir() if real else []:
        if entry.name != 'runtime.yml':
            (directory / 'meta' / entry.name).symlink_to(entry)
    with open(directory / 'meta/runtime.yml', 'w', encoding='utf-8') as file:
        yaml.dump(routes(real, names), file, getattr(yaml, 'CSafeDumper', yaml.SafeDumper), sort_keys=False)
    (directory / MARK).write_text(NOTE.format(of=OF_NAMED if named else OF, real=real or NOTHING, names=', '.join(names)))


def put(overlay, real, named, names):
    """In place of the one that is there only when it is whole."""
    new, old = (overlay.with_name('.general.' + word) for word in ('new', 'old'))
    for left in (new, old):
        shutil.rmtree(left, ignore_errors=True)
    fill(new, real, named, names)
    if overlay.exists():
        overlay.rename(old)
    new.rename(overlay)
    shutil.rmtree(old, ignore_errors=True)


def tell(destination, overlay, real, named):
    print('community.general.rax and the others are ours in {0}, {1}{2}'.format(
        overlay, 'an overlay of {0}'.format(real) if real else 'which has nothing else: there is no community.general',
        ', which FROM has named' if named else ''))
    used = next((path / NAME for path in searched() if (path / NAME).is_dir()), None)
    if used is None or not used.samefile(overlay):
        others = [str(path) for path in constants.COLLECTIONS_PATHS if path != str(destination)]
        print('Ansible does not take it yet{0}: put it first, as in\n  export ANSIBLE_COLLECTIONS_PATH={1}'.format(
            ', unless the playbooks are in {0}'.format(destination.parent) if destination.name == 'collections' else '',
            shlex.quote(':'.join([str(destination)] + others))))
    print('To be rid of it: rm -r {0}'.format(shlex.join((str(overlay), str(destination / OURS)))))


def main(action, destination, given=None):
    destination = absolute(destination)
    overlay = destination / NAME
    check(destination, overlay)
    real, named = find_real(overlay, given)
    if action == 'check':
        return
    names = sorted(path.stem for path in (destination / OURS / 'plugins/modules').glob('*.yml'))
    if not names:
        sys.exit('There is no rackspace.cloud in {0}'.format(destination))
    put(overlay, real, named, names)
    tell(destination, overlay, real, named)


main(*sys.argv[1:])
