using System.Text.RegularExpressions;

namespace Ratchet.Architecture.Tests.Rules;

/// <summary>Rules on the text of files.</summary>
internal static partial class SourceText
{
    public const int MostLines = 600;

    // Put together from pieces, so that this file keeps its own rule.
    private static readonly string Words = string.Join('|', "TO" + "DO", "FIX" + "ME", "HA" + "CK", "XX" + "X");
    private static readonly Regex Notes = new($@"\b({Words})\b", RegexOptions.CultureInvariant);
    private static readonly Regex MachinePaths = new(@"(?<![\w./~-])/(" + "home|root|work|Users" + @")/\w|\b[A-Za-z]:\\" + @"Users\\", RegexOptions.CultureInvariant);
    private static readonly Regex Undocumented = new(@"(NoWarn|pragma warning disable|dotnet_diagnostic\.|DisabledWarnings).*" + "CS?15" + "91", RegexOptions.CultureInvariant);

    /// <summary>The namespace of a source file is its folder: <c>src/Ratchet.Models/Kernels/Gemm.cs</c> has <c>Ratchet.Models.Kernels</c>.</summary>
    public static IEnumerable<string> WrongNamespace(string file, string text)
    {
        var folders = file.Split('/')[1..^1];
        var expected = string.Join('.', folders);
        var declared = NamespaceLine().Match(text);
        if (declared.Success)
        {
            if (declared.Groups[1].Value != expected)
                yield return $"{file} has the namespace {declared.Groups[1].Value}, not {expected}.";
        }
        else if (TypeLine().IsMatch(text))
        {
            yield return $"{file} declares a type without the namespace {expected}.";
        }
    }

    public static IEnumerable<string> TooLong(string file, string text)
    {
        var lines = text.AsSpan().TrimEnd('\n').Count('\n') + 1;
        if (lines > MostLines)
            yield return $"{file} has {lines} lines, more than {MostLines}.";
    }

    /// <summary>Notes to oneself and paths of one machine.</summary>
    public static IEnumerable<string> ForbiddenWords(string file, string text)
    {
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            foreach (Match match in Notes.Matches(line))
                yield return $"{file}:{number}: '{match.Value}' is a note to oneself.";
            foreach (Match match in MachinePaths.Matches(line))
                yield return $"{file}:{number}: '{match.Value}' is a path of one machine.";
        }
    }

    /// <summary>Places that switch off the compiler's warning about public members without a doc comment.</summary>
    public static IEnumerable<string> DocWarningSwitchedOff(string file, string text) =>
        text.Split('\n').Select((line, i) => (line, i)).Where(l => Undocumented.IsMatch(l.line)).Select(l => $"{file}:{l.i + 1}: the warning about missing doc comments is switched off.");

    /// <summary>Links of a Markdown page to files that are not there. Links to the network and to places in the same page are not looked at.</summary>
    public static IEnumerable<string> DeadLinks(string file, string text, Func<string, bool> exists)
    {
        var folder = file.Contains('/', StringComparison.Ordinal) ? file[..file.LastIndexOf('/')] : "";
        foreach (Match match in MarkdownLink().Matches(text))
        {
            var target = match.Groups[1].Value.Split('#')[0];
            if (target.Length == 0 || target.Contains("://", StringComparison.Ordinal) || target.StartsWith("mailto:", StringComparison.Ordinal))
                continue;
            var parts = new List<string>();
            foreach (var part in $"{folder}/{target}".Split('/', StringSplitOptions.RemoveEmptyEntries))
            {
                if (part == ".." && parts.Count > 0)
                    parts.RemoveAt(parts.Count - 1);
                else if (part != ".")
                    parts.Add(part);
            }

            var path = string.Join('/', parts);
            if (!exists(path))
                yield return $"{file} links to {target}, which is not there.";
        }
    }

    [GeneratedRegex(@"^namespace\s+([\w.]+)", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex NamespaceLine();

    [GeneratedRegex(@"^(?:(?:public|internal|file|static|sealed|abstract|partial|readonly|ref|unsafe)\s+)*(?:class|struct|interface|enum|record|delegate)\s+\w", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex TypeLine();

    [GeneratedRegex(@"\]\(([^)\s]+)\)", RegexOptions.CultureInvariant)]
    private static partial Regex MarkdownLink();
}
