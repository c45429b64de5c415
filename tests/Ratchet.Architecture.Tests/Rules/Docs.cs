using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Ratchet.Architecture.Tests.Rules;

/// <summary>Rules that hold the pages in <c>docs/</c> and the doc comments to the code.</summary>
internal static partial class Docs
{
    /// <summary>Public types (full names, nested ones with a dot) without an entry in the compiler's documentation file.</summary>
    public static IEnumerable<string> UndocumentedTypes(IEnumerable<string> publicTypes, string documentationXml)
    {
        var members = XDocument.Parse(documentationXml).Descendants("member")
            .Where(m => !string.IsNullOrWhiteSpace(m.Value) || m.Elements().Any(e => e.Name.LocalName is "inheritdoc" or "include"))
            .Select(m => m.Attribute("name")?.Value).ToHashSet();
        return publicTypes.Where(t => !members.Contains("T:" + t)).Select(t => $"{t} has no doc comment.");
    }

    /// <summary>
    /// Rooms whose row in the page's table of rooms does not say how things are: a room that exists must have a row without, one that
    /// does not must have a row with the words "not there yet".
    /// </summary>
    public static IEnumerable<string> RoomsOutOfStep(string page, IEnumerable<string> allRooms, IReadOnlySet<string> existing)
    {
        var rows = RoomRow().Matches(page).ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value);
        foreach (var room in allRooms)
        {
            if (!rows.TryGetValue(room, out var row))
                yield return $"{room} has no row in the table of rooms.";
            else if (row.Contains("not there yet", StringComparison.Ordinal) == existing.Contains(room))
                yield return existing.Contains(room) ? $"{room} exists, but the page says that it is not there yet." : $"{room} does not exist, but the page does not say so.";
        }

        foreach (var room in rows.Keys.Except(allRooms).Order(StringComparer.Ordinal))
            yield return $"{room} is in the table of rooms, but not in the picture.";
    }

    /// <summary>Words that a page has to name in code marks and does not.</summary>
    public static IEnumerable<string> Unnamed(string page, IEnumerable<string> words)
    {
        // Marks are paired line by line from the left, so that text between two pieces of code does not count as code.
        var code = string.Join('\n', CodeSpan().Matches(page).Select(m => m.Groups[1].Value));
        return words.Where(w => !Regex.IsMatch(code, $@"(?<![\w@]){Regex.Escape(w)}(?!\w)")).Select(w => $"`{w}` is not named.");
    }

    [GeneratedRegex(@"`([^`\n]+)`", RegexOptions.CultureInvariant)]
    private static partial Regex CodeSpan();

    [GeneratedRegex(@"^\| `(Ratchet(?:\.\w+)?)` \|(.*)$", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex RoomRow();
}
