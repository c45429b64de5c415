namespace Ratchet.Verifiers.Lean.Syntax;

/// <summary>Names of Lean with dots and guillemets.</summary>
internal static class LeanName
{
    /// <summary>The parts of a name between dots, guillemets taken off; a dot inside guillemets does not part.</summary>
    public static IReadOnlyList<string> Components(string name)
    {
        var parts = new List<string>();
        var start = 0;
        var quoted = false;
        for (var i = 0; i <= name.Length; i++)
        {
            if (i < name.Length && name[i] is '«' or '»' && i < name.Length)
                quoted = name[i] == '«';
            if (i < name.Length && (quoted || name[i] != '.'))
                continue;
            parts.Add(name[start..i].Trim('«', '»'));
            start = i + 1;
        }

        return parts;
    }

    /// <summary>A name in the form in which two spellings of it are equal: without guillemets and without a leading <c>_root_</c>.</summary>
    public static string Normal(string name)
    {
        var parts = Components(name);
        return string.Join('.', parts is ["_root_", _, ..] ? parts.Skip(1) : parts);
    }
}
