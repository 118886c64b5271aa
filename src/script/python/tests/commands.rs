use super::{commands, each_runs};

#[test]
fn a_shell_runs_its_text_however_the_function_was_imported() {
    each_runs(
        "$ pm2 delete all",
        &[
            "import os\nos.system('pm2 delete all')",
            "import os as o; o.system('pm2 delete all')",
            "from os import system\nsystem('pm2 delete all')",
            "from os import system as run, path\nrun('pm2 delete all')",
            "import os\nos.popen('pm2 delete all').read()",
            "import subprocess\nsubprocess.run('pm2 delete all', shell=True, check=True)",
            "import subprocess as sp\nsp.check_output(\"pm2 delete all\", shell=True)",
            "from subprocess import Popen, PIPE\nPopen('pm2 delete all', shell=True, stdout=PIPE)",
            "from subprocess import *\ncheck_call('pm2 delete all', shell=True)",
            "from subprocess import run as r\nr(['pm2 delete all', 'x'], shell=True)",
            "import subprocess\nsubprocess.getoutput('pm2 delete all')",
            "import commands\ncommands.getoutput('pm2 delete all')",
            "import asyncio\nasync def main():\n  await asyncio.create_subprocess_shell('pm2 delete all')\nasyncio.run(main())",
            "__import__('os').system('pm2 delete all')",
            "import os\ngetattr(os, 'system')('pm2 delete all')",
            "exec(\"import os; os.system('pm2 delete all')\")",
            "from invoke import run\nrun('pm2 delete all')",
            "from invoke import task\n@task\ndef deploy(c, app='x'):\n  c.run('pm2 delete all', pty=True)",
            "from fabric.api import local\nlocal('pm2 delete all')",
        ],
    );
}

#[test]
fn a_list_of_words_runs_a_program() {
    each_runs(
        "[pm2, delete, all]",
        &[
            "import subprocess\nsubprocess.run(['pm2', 'delete', 'all'])",
            "import subprocess\nsubprocess.call(('pm2', 'delete', 'all'), cwd='/srv')",
            "import subprocess\nsubprocess.run(args=['pm2', 'delete', 'all'])",
            "import subprocess, shlex\nsubprocess.check_call(shlex.split('pm2 delete \"all\"'))",
            "import subprocess\nsubprocess.check_call('pm2 delete all'.split())",
            "import subprocess\ncmd = ['pm2']\ncmd += ['delete']\ncmd.append('all')\nsubprocess.run(cmd)",
            "import subprocess\ncmd = ['pm2']\ncmd.extend(['delete', 'all'])\nsubprocess.run(cmd)",
            "import subprocess\nsubprocess.run(['pm2', *['delete', 'all']], check=True)",
            "import subprocess\nsubprocess.run(['x', 'delete', 'all'], executable='pm2')",
            "import os\nos.execvp('pm2', ['pm2', 'delete', 'all'])",
            "import os\nos.execlp('pm2', 'pm2', 'delete', 'all')",
            "import os\nos.spawnlp(os.P_WAIT, 'pm2', 'pm2', 'delete', 'all')",
            "import os\nos.spawnvp(os.P_WAIT, 'pm2', ['pm2', 'delete', 'all'])",
            "import asyncio\nasyncio.run(asyncio.create_subprocess_exec('pm2', 'delete', 'all'))",
            "import pexpect\npexpect.spawn('pm2 delete all')",
            "import pexpect\npexpect.spawn('pm2', ['delete', 'all'], timeout=5)",
            "from sh import pm2\npm2('delete', 'all')",
            "import sh\nsh.pm2.delete('all')",
            "import sh\nsh.Command('pm2')('delete', 'all')",
            "from plumbum import local\nlocal['pm2']('delete', 'all')",
            "from plumbum.cmd import pm2\npm2('delete', 'all')",
        ],
    );
    each_runs("[pm2 delete all]", &["import subprocess\nsubprocess.run('pm2 delete all')"]);
    each_runs(
        "[bash] < pm2 delete all",
        &["import subprocess\nsubprocess.run(['bash'], input='pm2 delete all', text=True)"],
    );
}

#[test]
fn what_python_does_itself_is_the_command_that_does_it() {
    each_runs(
        "[rm, -rf, /var/www]",
        &["import shutil\nshutil.rmtree('/var/www', ignore_errors=True)"],
    );
    each_runs(
        "[rm, /var/www/index.html]",
        &[
            "import os\nos.remove('/var/www/index.html')",
            "import os\nos.unlink(os.path.join('/var/www', 'index.html'))",
            "from pathlib import Path\n(Path('/var/www') / 'index.html').unlink(missing_ok=True)",
            "import pathlib\np = pathlib.Path('/var', 'www', 'index.html')\np.unlink()",
        ],
    );
    each_runs("[kill, 1]", &["import os, signal\nos.kill(1, signal.SIGKILL)"]);
}

#[test]
fn what_another_host_runs_is_said_to_run_there() {
    each_runs(
        "$ pm2 delete all @ deploy@prod",
        &[
            "from fabric import Connection\nConnection('deploy@prod').run('pm2 delete all')",
            "from fabric import Connection\nwith Connection(host='deploy@prod') as c:\n  c.sudo('pm2 delete all')",
            "import fabric\nc = fabric.Connection('deploy@prod', user='x')\nc.run('pm2 delete all', hide=True)",
            "import paramiko\nclient = paramiko.SSHClient()\nclient.connect('deploy@prod', username='u')\nstdin, stdout, stderr = client.exec_command('pm2 delete all')",
            "import paramiko\nclass Host:\n  def __init__(self, name):\n    self.ssh = paramiko.SSHClient()\n    self.ssh.connect(hostname=name)\n  def run(self, cmd):\n    self.ssh.exec_command(cmd)\nHost('deploy@prod').run('pm2 delete all')",
        ],
    );
    each_runs(
        "$ pm2 delete all @ ‹a remote host›",
        &[
            "from fabric.api import *\nrun('pm2 delete all')",
            "from fabric import task\n@task\ndef deploy(c):\n  c.run('pm2 delete all')",
        ],
    );
    each_runs(
        "$ pm2 delete all",
        &["from fabric import Connection\nConnection('deploy@prod').local('pm2 delete all')"],
    );
}

#[test]
fn what_the_script_calls_is_read() {
    each_runs(
        "$ pm2 kill",
        &[
            "import os\ndef main():\n  helper()\ndef helper():\n  os.system('pm2 kill')\nif __name__ == '__main__':\n  main()",
            "import os\nclass Deploy:\n  def run(self):\n    self.stop()\n  def stop(self):\n    os.system('pm2 kill')\nDeploy().run()",
            "import os\nclass Base:\n  cmd = 'pm2 kill'\nclass Deploy(Base):\n  @staticmethod\n  def run(cmd):\n    os.system(cmd)\nDeploy.run(Deploy.cmd)",
            "import os\ntry:\n  check()\nexcept (OSError, ValueError) as e:\n  os.system('pm2 kill')",
            "import os\nwith open('x') as f, open('y'):\n  os.system('pm2 kill')",
            "import os\nwhile True:\n  os.system('pm2 kill')\n  break",
            "import os\nif not ready():\n  pass\nelif x:\n  os.system('pm2 kill')",
            "import os, threading\ndef f():\n  os.system('pm2 kill')\nthreading.Thread(target=f).start()",
            "import os, atexit\natexit.register(lambda: os.system('pm2 kill'))",
            "import os\nmatch mode:\n  case 'stop' | 'kill':\n    os.system('pm2 kill')\n  case _:\n    pass",
            "import os\n@app.command()\ndef main():\n  os.system('pm2 kill')",
            "import os\nassert os.system('pm2 kill') == 0",
            "import os\ncode = os.system('pm2 kill') or 1",
            "import os\nfor x in y:\n  pass\nelse:\n  os.system('pm2 kill')",
        ],
    );
}

#[test]
fn what_is_only_said_or_never_reached_is_not_run() {
    for script in [
        "print('pm2 delete all')",
        "import logging\nlogging.info('pm2 delete all')",
        "# os.system('pm2 delete all')",
        "'''\nos.system('pm2 delete all')\n'''",
        "cmd = 'pm2 delete all'\nprint(cmd)",
        "import os\ndef stop():\n  os.system('pm2 delete all')",
        "import os\nif False:\n  os.system('pm2 delete all')",
        "import sys, os\nsys.exit(0)\nos.system('pm2 delete all')",
        "import os\nraise SystemExit\nos.system('pm2 delete all')",
        "import os\nmode = 'test'\nif mode == 'production':\n  os.system('pm2 delete all')",
        "import os\nif __name__ != '__main__':\n  os.system('pm2 delete all')",
        "import os\n@property\ndef stop():\n  os.system('pm2 delete all')",
        "system('pm2 delete all')",
    ] {
        assert_eq!(commands(script), [""; 0], "{script}");
    }
}
