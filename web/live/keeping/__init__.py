"""An open pipeline on disk: each gesture at once, its file right behind, and what it was before."""
