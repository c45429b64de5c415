using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Ratchet.Recipes;

/// <summary>The keys of a recipe record or one of its sections, found by reflection.</summary>
internal sealed class RecipeShape
{
    private static readonly ConcurrentDictionary<Type, RecipeShape> Shapes = new();
    private readonly object _defaults;

    private RecipeShape(Type type)
    {
        Type = type;
        _defaults = Create();
        // Keys of a base record come first: name, description, expectation and seed open every recipe.
        var nullability = new NullabilityInfoContext();
        Keys = [.. type.GetProperties(BindingFlags.Instance | BindingFlags.Public)
            .Where(p => p.SetMethod is { IsPublic: true } && p.GetIndexParameters().Length == 0)
            .OrderBy(p => Depth(p.DeclaringType!))
            .Select(p => new RecipeKey(p, _defaults, nullability))];
    }

    public Type Type { get; }

    public IReadOnlyList<RecipeKey> Keys { get; }

    public static RecipeShape Of(Type type) => Shapes.GetOrAdd(type, t => new RecipeShape(t));

    public RecipeKey? Find(string name) => Keys.FirstOrDefault(k => k.Name == name);

    /// <summary>A new instance with defaults; required members are left at their type's zero and filled by the reader.</summary>
    public object Create() => Activator.CreateInstance(Type)!;

    /// <summary>All key paths that hold a value and no section.</summary>
    public IEnumerable<(string Path, RecipeKey Key)> Leaves(string prefix = "") => Keys.SelectMany(k =>
        k.Section is { } section && k.DefaultIsThere ? section.Leaves(prefix + k.Name + ".") : [(prefix + k.Name, k)]);

    private static int Depth(Type type) => type.BaseType is { } parent ? Depth(parent) + 1 : 0;
}

/// <summary>One key of a recipe: a property with what is known of it.</summary>
internal sealed class RecipeKey
{
    public RecipeKey(PropertyInfo property, object defaults, NullabilityInfoContext nullability)
    {
        Property = property;
        Name = RecipeText.Key(property.Name);
        var under = Nullable.GetUnderlyingType(property.PropertyType);
        ValueType = under ?? property.PropertyType;
        IsNullable = under is not null || (!ValueType.IsValueType && nullability.Create(property).WriteState == NullabilityState.Nullable);
        IsRequired = property.IsDefined(typeof(RequiredMemberAttribute));
        Default = property.GetValue(defaults);
        Bounds = [.. property.GetCustomAttributes<BoundAttribute>()];
        RelativePath = property.GetCustomAttribute<RelativePathAttribute>();
        if (ValueType.IsGenericType && ValueType.GetGenericTypeDefinition() == typeof(RecipeList<>))
            ElementType = ValueType.GetGenericArguments()[0];
        else if (ValueType.IsClass && ValueType != typeof(string))
            Section = RecipeShape.Of(ValueType);
    }

    public PropertyInfo Property { get; }

    public string Name { get; }

    /// <summary>Type without <c>Nullable</c>.</summary>
    public Type ValueType { get; }

    /// <summary>Type of a list's elements, or null.</summary>
    public Type? ElementType { get; }

    /// <summary>Shape of a section, or null for a value.</summary>
    public RecipeShape? Section { get; }

    public bool IsNullable { get; }

    public bool IsRequired { get; }

    public object? Default { get; }

    /// <summary>False for a section that is absent (null) unless the recipe writes it.</summary>
    public bool DefaultIsThere => Default is not null;

    public IReadOnlyList<BoundAttribute> Bounds { get; }

    public RelativePathAttribute? RelativePath { get; }

    public string Description => DocComments.Of(Property);

    /// <summary>What the value must be, in words: type, bounds, and null where it is allowed.</summary>
    public string Allowed
    {
        get
        {
            var text = RecipeValues.TypeWords(ElementType ?? ValueType);
            if (Bounds.Count > 0 && text == "a text")
                text = string.Join(" and ", Bounds.Select(b => b.Allowed));
            else if (Bounds.Count > 0)
                text += " " + string.Join(" and ", Bounds.Select(b => b.Allowed));
            if (ElementType is not null)
                text = $"a list, each element {text}";
            return IsNullable ? $"{text}, or null" : text;
        }
    }
}
