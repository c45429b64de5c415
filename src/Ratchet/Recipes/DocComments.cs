using System.Collections.Concurrent;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;

namespace Ratchet.Recipes;

/// <summary>Summaries of doc comments, read from the XML file beside an assembly, so that a description is written once.</summary>
internal static partial class DocComments
{
    private static readonly ConcurrentDictionary<Assembly, IReadOnlyDictionary<string, string>> Cache = new();

    /// <summary>The summary of a type; empty where the documentation file is not there.</summary>
    public static string Of(Type type) => Find(type.Assembly, $"T:{type.FullName}");

    /// <summary>The summary of a property.</summary>
    public static string Of(PropertyInfo property) => Find(property.DeclaringType!.Assembly, $"P:{property.DeclaringType.FullName}.{property.Name}");

    /// <summary>The summary of an enum value.</summary>
    public static string Of(Type enumType, string field) => Find(enumType.Assembly, $"F:{enumType.FullName}.{field}");

    private static string Find(Assembly assembly, string member) =>
        Cache.GetOrAdd(assembly, Load).GetValueOrDefault(member.Replace('+', '.'), "");

    private static Dictionary<string, string> Load(Assembly assembly)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        var file = Path.Combine(AppContext.BaseDirectory, assembly.GetName().Name + ".xml");
        if (!File.Exists(file))
            return texts;
        try
        {
            foreach (var member in XDocument.Load(file).Descendants("member"))
            {
                if (member.Attribute("name")?.Value is { } name && member.Element("summary") is { } summary)
                    texts[name] = Space().Replace(string.Concat(summary.Nodes().Select(Text)), " ").Trim();
            }
        }
        catch (Exception e) when (e is XmlException or IOException or UnauthorizedAccessException)
        {
            // Descriptions are a comfort; a broken documentation file must not stop a run.
        }

        return texts;
    }

    private static string Text(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "see" } see when see.Attribute("cref")?.Value is { } cref =>
            cref.StartsWith("P:", StringComparison.Ordinal) ? $"`{RecipeText.Key(cref[(cref.LastIndexOf('.') + 1)..])}`" : cref[(cref.LastIndexOf('.') + 1)..],
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement element => string.Concat(element.Nodes().Select(Text)),
        _ => "",
    };

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
