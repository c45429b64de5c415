using System.Reflection;
using System.Text.Json;
using Ratchet.Architecture.Tests.Rules;

namespace Ratchet.Architecture.Tests;

public sealed class ArrowTests
{
    private static readonly ProjectFile[] Sources = [.. Repository.Texts(".csproj", "src").Select(f => ProjectFile.Parse(f.File, f.Text))];

    [Fact]
    public void Project_references_follow_the_arrows()
    {
        Assert.Contains(Sources, p => p.Name == "Ratchet");
        Assert.Empty(Arrows.WrongArrows(Sources));
    }

    [Fact]
    public void Compiled_references_follow_the_arrows()
    {
        foreach (var project in Sources)
            Assert.Empty(Arrows.WrongReferences(project.Name, Load(project.Name).GetReferencedAssemblies().Select(r => r.Name!)));
    }

    [Fact]
    public void The_core_carries_no_tensor_library_web_server_or_cluster()
    {
        var core = Sources.Single(p => p.Name == "Ratchet");
        Assert.Empty(Arrows.TooHeavyForTheCore(core.Packages));
        Assert.Empty(Arrows.TooHeavyForTheCore(Load("Ratchet").GetReferencedAssemblies().Select(r => r.Name!)));

        // What the packages bring with them, as the restore found it.
        using var assets = JsonDocument.Parse(Repository.Read("artifacts/obj/Ratchet/project.assets.json"));
        var libraries = assets.RootElement.GetProperty("libraries").EnumerateObject().Select(l => l.Name).ToArray();
        Assert.Contains(libraries, l => l.StartsWith("Microsoft.Data.Sqlite", StringComparison.Ordinal));
        Assert.Empty(Arrows.TooHeavyForTheCore(libraries));
    }

    [Fact]
    public void Versions_of_packages_stand_in_one_place()
    {
        var projects = Repository.Texts(".csproj").Concat(Repository.Texts("Directory.Build.props")).Select(f => ProjectFile.Parse(f.File, f.Text)).ToArray();
        Assert.True(projects.Length > Sources.Length);
        Assert.Empty(projects.SelectMany(p => p.VersionsOfItsOwn.Select(v => $"{p.Name} says a version of {v}.")));
    }

    [Fact]
    public void Every_source_project_has_a_test_project_and_stands_in_the_solution()
    {
        var solution = Repository.Read("Ratchet.slnx");
        string[] homeless = [.. Repository.Files.Where(f => f.EndsWith(".csproj", StringComparison.Ordinal) && !solution.Contains($"\"{f}\"", StringComparison.Ordinal))];
        string[] untested = [.. Sources.Select(s => $"tests/{s.Name}.Tests/{s.Name}.Tests.csproj").Except(Repository.Files)];
        Assert.Empty(homeless);
        Assert.Empty(untested);
    }

    [Fact]
    public void An_arrow_upwards_is_found()
    {
        var project = ProjectFile.Parse("src/Ratchet.Models/Ratchet.Models.csproj", """
            <Project><ItemGroup>
              <ProjectReference Include="../Ratchet/Ratchet.csproj" />
              <ProjectReference Include="..\Ratchet.Sampling\Ratchet.Sampling.csproj" />
            </ItemGroup></Project>
            """);
        Assert.Equal(["Ratchet.Models -> Ratchet.Sampling points against the arrows."], Arrows.WrongArrows([project]));
    }

    [Fact]
    public void An_arrow_from_sampling_to_learning_is_found() =>
        Assert.Equal(["Ratchet.Sampling -> Ratchet.Learning points against the arrows."], Arrows.WrongReferences("Ratchet.Sampling", ["System.Runtime", "Ratchet", "Ratchet.Learning"]));

    [Fact]
    public void A_room_outside_the_picture_is_found() =>
        Assert.Equal(["Ratchet.Attic is a room that the picture does not know."], Arrows.WrongArrows([new ProjectFile("Ratchet.Attic", [], [], [])]));

    [Theory]
    [InlineData("TorchSharp")]
    [InlineData("libtorch-cpu-linux-x64/2.10.0")]
    [InlineData("Microsoft.AspNetCore.App")]
    [InlineData("Microsoft.Orleans.Core")]
    [InlineData("SkiaSharp.NativeAssets.Linux.NoDependencies")]
    public void A_heavy_package_in_the_core_is_found(string package) =>
        Assert.Equal([$"Ratchet carries {package}."], Arrows.TooHeavyForTheCore(["YamlDotNet", package]));

    [Fact]
    public void A_framework_reference_counts_as_a_package() =>
        Assert.Equal(["Microsoft.AspNetCore.App"], ProjectFile.Parse("A.csproj", """<Project><ItemGroup><FrameworkReference Include="Microsoft.AspNetCore.App" /></ItemGroup></Project>""").Packages);

    [Theory]
    [InlineData("""<PackageReference Include="P" Version="1.0.0" />""")]
    [InlineData("""<PackageReference Include="P"><Version>1.0.0</Version></PackageReference>""")]
    [InlineData("""<PackageReference Include="P" VersionOverride="1.0.0" />""")]
    [InlineData("""<PackageVersion Include="P" Version="1.0.0" />""")]
    public void A_version_in_a_project_file_is_found(string item) =>
        Assert.Equal(["P"], ProjectFile.Parse("A.csproj", $"""<Project><ItemGroup><PackageReference Include="Q" />{item}</ItemGroup></Project>""").VersionsOfItsOwn);

    private static Assembly Load(string name) => Assembly.Load(new AssemblyName(name));
}
