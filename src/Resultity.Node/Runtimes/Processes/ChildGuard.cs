using System.Diagnostics;
using System.Globalization;

namespace Resultity.Node.Runtimes.Processes;

/// <summary>A tiny process that outlives this one by seconds: when this one dies, however it dies, it kills the children that are left.</summary>
/// <remarks>
/// It reads from a pipe whose only other end is here, so the end of this process is the end of its input. It then kills whatever carries this
/// process's mark in its environment or is in a session that it was told of, until nothing more turns up for two seconds; that covers a child
/// that was only being started. It is a shell script because it must be small, start at once, and need nothing that this program brings.
/// The parent-death signal of Linux would be simpler, but it reaches no grandchildren, and it fires when the *thread* ends that started the child.
/// </remarks>
internal sealed class ChildGuard : IDisposable
{
    private const string Script = """
        exec 2>/dev/null
        trap '' INT TERM HUP QUIT
        mark=$1
        sessions=' '
        while read -r op id; do
          case $op in
            +) sessions="$sessions$id " ;;
            -) case $sessions in *" $id "*) sessions="${sessions%%" $id "*} ${sessions#*" $id "}" ;; esac ;;
            end) exit 0 ;;
          esac
        done
        quiet=0
        while [ $quiet -lt 10 ]; do
          found=
          for stat in /proc/[0-9]*/stat; do
            read -r line < "$stat" || continue
            set -- ${line##*) }
            [ "$1" = Z ] && continue
            case $sessions in
              *" $4 "*) id=${stat#/proc/}; kill -9 "${id%/stat}" && found=1 ;;
            esac
          done
          for environ in $(grep -slzxF -e "$mark" /proc/[0-9]*/environ); do
            id=${environ#/proc/}
            kill -9 "${id%/environ}" && found=1
          done
          if [ $found ]; then quiet=0; else quiet=$((quiet + 1)); fi
          sleep 0.2
        done
        """;

    private readonly Lock _gate = new();
    private readonly HashSet<int> _sessions = [];
    private readonly string _mark;
    private readonly string _folder;
    private Process? _process;
    private bool _ended;

    public ChildGuard(string mark, string folder) => (_mark, _folder) = (mark, folder);

    /// <summary>The guard's process, or null where it is not running.</summary>
    public int? ProcessId
    {
        get
        {
            lock (_gate)
                return _process is { HasExited: false } process ? process.Id : null;
        }
    }

    /// <summary>Makes sure that the guard runs; to be called before a child starts.</summary>
    /// <exception cref="ChildException">It cannot be started, so children would not be safe.</exception>
    public void Watch()
    {
        if (!OperatingSystem.IsLinux())
            return;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_ended, this);
            if (_process is { HasExited: false })
                return;
            _process?.Dispose();
            _process = Start();
            foreach (var session in _sessions)
                Tell("+", session);
        }
    }

    public void Add(int session)
    {
        lock (_gate)
        {
            _sessions.Add(session);
            Tell("+", session);
        }
    }

    public void Remove(int session)
    {
        lock (_gate)
        {
            _sessions.Remove(session);
            Tell("-", session);
        }
    }

    /// <summary>Lets the guard go; to be called when no child is left.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _ended = true;
            if (_process is null)
                return;
            Write("end");
            _process.Dispose();
        }
    }

    private Process Start()
    {
        // In a session of its own, so that what ends this process from a terminal does not end it as well.
        string[] command = ProgramPath.Find("setsid") is { } setsid ? [setsid, "/bin/sh"] : ["/bin/sh"];
        var start = new ProcessStartInfo(command[0], [.. command[1..], "-c", Script, "resultity-guard", _mark])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder,
        };
        ChildEnvironment.Apply(start, [], []);
        var process = ProcessStart.Start(start);
        process.StandardOutput.Close();
        process.StandardError.Close();
        return process;
    }

    private void Tell(string op, int session) => Write(string.Create(CultureInfo.InvariantCulture, $"{op} {session}"));

    private void Write(string line)
    {
        try
        {
            if (_process is { HasExited: false } process)
            {
                process.StandardInput.WriteLine(line);
                process.StandardInput.Flush();
            }
        }
        catch (IOException)
        {
            // It has just been killed; the next start of a child starts it again, and tells it all.
        }
    }
}
