using System.Runtime.Versioning;
using System.Text.Json;
using Ratchet.Verifiers.Lean;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Tests.Lean;

/// <summary>A program that speaks the REPL's language: a shell script that reads requests up to an empty line and writes what a case of it says.</summary>
[SupportedOSPlatform("linux")]
internal sealed class ReplScript : IDisposable
{
    /// <summary>What a REPL says of itself, of imports, and of a file that is fine (without places, so the order counts).</summary>
    public const string Usual = """
        *'"cmd":"#eval 0"'*) say '{"env": 0}' ;;
        *'#eval Lean.versionString'*) say '{"messages": [{"severity": "info", "pos": {"line": 1, "column": 0}, "endPos": {"line": 1, "column": 5}, "data": "\"4.19.0\""}],
         "env": 1}' ;;
        *'"cmd":"import Missing'*) say '{"message": "unknown module prefix '"'Missing'"'"}' ;;
        *'"cmd":"import'*) say '{"env": 0}' ;;
        *'#print axioms'*)
          marker=$(printf '%s' "$request" | sed 's/.*#print \\"\(ratchet [0-9a-f]*\)\\".*/\1/')
          name=$(printf '%s' "$request" | sed 's/.*#print axioms \([^\\]*\)\\n.*/\1/')
          say '{"messages": [{"severity": "info", "data": "'"$marker"'"}, {"severity": "info", "data": "'"'$name'"' depends on axioms: [propext]"}, {"severity": "info", "data": "'"$marker"'"}],
         "env": 2}' ;;
        """;

    private readonly ScratchFolder _folder = new();

    /// <summary>Writes the script.</summary>
    /// <param name="cases">Cases of the shell over <c>$request</c>, tried in order; <c>say</c> answers.</param>
    /// <param name="atStart">What it does before it reads.</param>
    public ReplScript(string cases, string atStart = "")
    {
        Program = Write(
            "repl",
            $$"""
            #!/bin/sh
            say() { printf '%s\n\n' "$1"; }
            {{atStart}}
            count=0
            request=""
            while IFS= read -r line; do
              if [ -n "$line" ]; then request="$request$line"; continue; fi
              count=$((count + 1))
              printf '%s' "$request" > "{{_folder.Path}}/request.$$.$count"
              case "$request" in
              {{cases}}
              *) say '{"message": "the script has no such case"}' ;;
              esac
              request=""
            done
            """);
    }

    public string Program { get; }

    public string Folder => _folder.Path;

    /// <summary>Requests of all processes, as JSON; the order within a process is that of its requests.</summary>
    public IReadOnlyList<JsonElement> Requests =>
        [.. Directory.EnumerateFiles(Folder, "request.*")
            .OrderBy(f => File.GetLastWriteTimeUtc(f)).ThenBy(f => int.Parse(f.Split('.')[^1]))
            .Select(f => JsonDocument.Parse(File.ReadAllText(f)).RootElement)];

    /// <summary>Options that run the script; short limits, one process at a time.</summary>
    public LeanReplOptions Options => new()
    {
        Program = Program,
        MaxBusy = 1,
        OwnUser = false,
        Limits = new ProcessLimits { Wall = TimeSpan.FromSeconds(20), StartUp = TimeSpan.FromSeconds(20) },
    };

    /// <summary>Writes a program into the folder.</summary>
    public string Write(string name, string text)
    {
        var path = Path.Combine(_folder.Path, name);
        File.WriteAllText(path, text + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    public void Dispose() => _folder.Dispose();
}
