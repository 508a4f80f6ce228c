"""What users write: profiles, demographics, merchants; read, validated and frozen."""
