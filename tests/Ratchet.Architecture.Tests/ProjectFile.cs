using System.Xml.Linq;

namespace Ratchet.Architecture.Tests;

/// <summary>What a project file refers to.</summary>
internal sealed record ProjectFile(string Name, IReadOnlyList<string> Projects, IReadOnlyList<string> Packages, IReadOnlyList<string> VersionsOfItsOwn)
{
    /// <summary>Reads a project file, given its path and its text.</summary>
    public static ProjectFile Parse(string path, string text)
    {
        var root = XDocument.Parse(text).Root!;
        var packages = Named(root, "PackageReference").Concat(Named(root, "PackageVersion")).Concat(Named(root, "GlobalPackageReference")).ToArray();
        return new ProjectFile(
            Path.GetFileNameWithoutExtension(path),
            [.. Named(root, "ProjectReference").Select(e => Path.GetFileNameWithoutExtension(Include(e).Replace('\\', '/')))],
            [.. packages.Concat(Named(root, "FrameworkReference")).Select(Include)],
            [.. packages.Where(e => e.Name.LocalName != "PackageReference" || Says(e, "Version") || Says(e, "VersionOverride")).Select(Include)]);
    }

    private static IEnumerable<XElement> Named(XElement root, string name) => root.Descendants().Where(e => e.Name.LocalName == name);

    private static string Include(XElement item) => (item.Attribute("Include") ?? item.Attribute("Update"))?.Value ?? "";

    private static bool Says(XElement item, string name) => item.Attribute(name) is not null || item.Elements().Any(e => e.Name.LocalName == name);
}
